#include "bench/history/calibration/noise_floors.h"

#include <algorithm>
#include <optional>

#include "bench/stats/judge/compare.h"
#include "bench/stats/noise.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

std::optional<Comparison> twins_compared(const Run& run, const Summary& of) {
  const TargetInfo* target = find_target(run, of.target);
  const TargetInfo* twin = find_target(run, twin_of(of.target));
  if (target == nullptr || twin == nullptr) return std::nullopt;
  return compare(run, of.scenario, of.metric, *target, *twin);
}

bool differs(const Comparison& comparison) {
  return comparison.verdict != Verdict::kEquivalent && comparison.verdict != Verdict::kInconclusive &&
         comparison.verdict != Verdict::kNotComparable;
}

/// The medians of the target and of its twin in all runs: every pair of them is the same thing twice.
std::vector<double> medians(std::span<const Run> runs, const Summary& of) {
  std::vector<double> found;
  const std::string twin = twin_of(of.target);
  for (const Run& run : runs) {
    for (const Summary& summary : run.summaries) {
      if (summary.metric == of.metric && summary.scenario == of.scenario &&
          (summary.target == of.target || summary.target == twin)) {
        found.push_back(summary.median);
      }
    }
  }
  return found;
}

void add_floor(std::span<const Run> runs, const Summary& of, AaFindings& findings) {
  const std::vector<double> found = medians(runs, of);
  const std::optional<UsualDifference> between = usual_difference(found);
  if (!between) {
    const bool something = std::any_of(found.begin(), found.end(), [](double value) { return value != 0; });
    if (found.size() > 1 && something) findings.lost.push_back(of.metric + " of " + of.target);
    return;
  }
  NoiseFloor floor{of.scenario, of.metric, of.target};
  floor.between = between->share;
  floor.between_range = between->range;
  std::vector<double> within, detectable;
  for (const Run& run : runs) {
    const std::optional<Comparison> comparison = twins_compared(run, of);
    if (!comparison) continue;
    ++floor.runs;
    if (comparison->ci95) within.push_back(half_width(*comparison->ci95));
    if (comparison->detectable) detectable.push_back(*comparison->detectable);
    if (differs(*comparison)) findings.told_apart.push_back({run.run_id, *comparison});
  }
  // The middle one: the widest of many runs only grows.
  if (!within.empty()) floor.within = median(within);
  if (!detectable.empty()) floor.detectable = median(detectable);
  floor.share = std::max(floor.between, floor.within.value_or(0));
  findings.floors.push_back(std::move(floor));
}

}  // namespace

std::string twin_of(const std::string& target) {
  return target + "#2";
}

AaFindings noise_floors(std::span<const Run> runs) {
  AaFindings findings;
  if (runs.empty()) return findings;
  for (const TargetInfo& target : runs.front().targets) {
    if (find_target(runs.front(), twin_of(target.name)) == nullptr) continue;
    for (const Summary& summary : runs.front().summaries) {
      if (summary.target != target.name) continue;
      if (is_compared(spec_of(runs.front(), summary.metric))) add_floor(runs, summary, findings);
    }
  }
  return findings;
}

}  // namespace bench
