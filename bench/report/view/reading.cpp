#include <algorithm>

#include "bench/core/first_metrics.h"
#include "bench/report/view/parts.h"

namespace bench {
namespace {

// NOLINTBEGIN(bugprone-suspicious-missing-comma): a sentence is longer than a line

void add_startup(std::vector<std::string>& notes) {
  notes.insert(notes.end(),
               {"Ready: the first complete answer that carries this trial's own nonce, in seconds of the "
                "host's monotonic "
                "clock since the first engine call that makes the instance. Images are prepared before.",
                "CPU: what the host spent up to ready, engine and VMM included."});
}

void add_size(std::vector<std::string>& notes) {
  notes.insert(
      notes.end(),
      {"To send: what a registry or a web server would send for the first app: the layers, or the disk image "
       "and "
       "its kernel, compressed by the same compressor at the same level. The next app on the same base sends "
       "less; that is “one more app”.",
       "On disk and unpacked: what is allocated on this host for one image that nothing else shares, and "
       "what it "
       "would hold written out in full. A VM's disk also holds its own file system: journal, tables and free "
       "space.",
       "Beyond the shared base, one more app: what is this app's alone, and what the second and third app on "
       "the "
       "same base really added: a layer on one side, an overlay with a backing file on the other. Both sides "
       "can share a base; only how is different.",
       "Slimmed: what a careful engineer would ship: no docs, no package cache, no unused modules, a "
       "compressed "
       "disk. A reference line; the claims are about the images as they are built.",
       "Where the bytes are: each file counted once, by the package that brought it. Kernel, modules, "
       "firmware "
       "and init are there because a VM is a machine of its own; a container uses the host's, whose size is "
       "on "
       "neither side of the table."});
}

void add_memory(std::vector<std::string>& notes) {
  notes.insert(
      notes.end(),
      {"PSS: what the processes of one instance cost, a page that several use split among them. The "
       "headline: VMM, "
       "shim, proxy and the app's own processes are all in it. RSS counts shared pages in full each time, "
       "USS "
       "counts only what nobody shares, so RSS ≥ PSS ≥ USS.",
       "cgroup: what the kernel charges to the instance: anonymous memory, pages of files that it was the "
       "first to "
       "touch, and kernel memory. Page cache can be taken back and is not lost to others.",
       "Used, says the guest: the guest's own view. The host pays for every page that the guest has ever "
       "touched, "
       "also what it has freed since, so the guest's figure is not a cost.",
       "One more instance: the slope of the host's available memory against the number of instances. Daemons "
       "and "
       "kernel memory are in it, so it answers “how many fit?”; it is not the first instance's cost."});
}

// NOLINTEND(bugprone-suspicious-missing-comma)

}  // namespace

std::vector<std::string> reading_notes(const Run& run) {
  const std::vector<std::string> scenarios = scenarios_of(run);
  const auto measured = [&](const char* name) {
    return std::find(scenarios.begin(), scenarios.end(), name) != scenarios.end();
  };
  std::vector<std::string> notes;
  if (measured(scenario::kStartup)) {
    add_startup(notes);
  }
  if (measured(scenario::kSize)) {
    add_size(notes);
  }
  if (measured(scenario::kMemory)) {
    add_memory(notes);
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
