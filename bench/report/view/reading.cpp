#include <algorithm>
#include <iterator>

#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"

namespace bench {
std::vector<std::string> reading_notes(const Run& run) {
  std::vector<std::string> notes;
  for (const std::string& name : scenarios_of(run)) {
    if (const ScenarioSpec* scenario = find_scenario(run, name)) {
      std::transform(scenario->reading.begin(), scenario->reading.end(), std::back_inserter(notes), one_line);
    }
  }
  if (std::any_of(run.samples.begin(), run.samples.end(),
                  [&](const Sample& sample) { return !spec_of(run, sample.metric).exact; })) {
    notes.insert(notes.end(),
                 {"Median and 95 % interval: half of the values were smaller. The interval says how well the "
                  "median is known "
                  "(bootstrap), not how far single values spread: that is min–max.",
                  "Ratio: median of b divided by median of a; its interval resamples whole rounds, in which "
                  "every target "
                  "ran once in random order. Below 6 rounds there is no interval, below 10 no verdict.",
                  "Verdict: faster/slower, smaller/larger only when the whole interval is beyond ±5 %; "
                  "equivalent when the "
                  "90 % interval is inside; else inconclusive. Not comparable when the two sides are not the "
                  "same thing, "
                  "or an emulated VM is set against real speed.",
                  "Failed: starts that failed are counted, never averaged in."});
  }
  if (!run.claims.empty()) {
    notes.emplace_back(
        "Claims: held against every VM of the run in every metric named; the least favourable pair decides "
        "and is "
        "shown. “Much” is a factor that the claim's definition states.");
  }
  if (std::any_of(run.targets.begin(), run.targets.end(),
                  [](const TargetInfo& target) { return target.traits.own_kernel(); })) {
    notes.emplace_back(
        "By design: a VM boots a kernel of its own and has memory given to it; a container shares the host's "
        "kernel and is limited. Isolation, which is what the VM pays for, is not in any number here.");
  }
  if (std::any_of(run.targets.begin(), run.targets.end(),
                  [](const TargetInfo& target) { return target.acceleration == Acceleration::kTcg; })) {
    notes.emplace_back(
        "TCG: these VMs were emulated in software, without hardware virtualisation. The numbers are real, "
        "but they "
        "are not a figure for hardware virtualisation. Sizes do not depend on it; memory does a little "
        "(translation buffers of QEMU).");
  }
  return notes;
}

}  // namespace bench
