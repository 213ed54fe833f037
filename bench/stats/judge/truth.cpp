#include "bench/stats/judge/truth.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "bench/stats/bootstrap.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

/// The values of one metric of one target, by round.
std::map<int, double> by_round(const Run& run, const std::string& scenario, const std::string& metric,
                               const std::string& target) {
  std::map<int, double> values;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && !sample.at && sample.target == target && sample.metric == metric &&
        sample.scenario == scenario) {
      values[sample.round] = sample.value;
    }
  }
  return values;
}

std::map<int, double> phase_by_round(const Run& run, const std::string& scenario, const std::string& metric,
                                     const std::string& target, const std::string& since) {
  std::map<int, double> values = by_round(run, scenario, metric, target);
  if (since.empty()) return values;
  const std::map<int, double> begun = by_round(run, scenario, since, target);
  std::erase_if(values, [&](const auto& value) { return !begun.contains(value.first); });
  for (auto& [round, value] : values) value -= begun.at(round);
  return values;
}

}  // namespace

TruthFinding judge_truth(std::span<const double> differences, const TruthRule& rule) {
  TruthFinding finding;
  finding.n = static_cast<int>(differences.size());
  if (differences.empty()) return finding;
  finding.measured = median(differences);
  const double tolerance = rule.tolerance * rule.expected;
  if (rule.exact) {
    finding.verdict = std::abs(*finding.measured - rule.expected) <= tolerance ? TruthVerdict::kHolds
                                                                               : TruthVerdict::kDoesNotHold;
    return finding;
  }
  const auto [low, high] = std::minmax_element(differences.begin(), differences.end());
  const std::optional<Interval> interval = median_interval(differences);
  finding.range = interval.value_or(Interval{*low, *high});
  if (finding.n < kPairsForTruth) return finding;

  const double width = finding.range->high - finding.range->low;
  const double beyond = std::max(finding.range->low - (rule.expected + tolerance),
                                 (rule.expected - tolerance) - finding.range->high);
  if (beyond > (interval ? 0 : width)) {
    finding.verdict = TruthVerdict::kDoesNotHold;
  } else if (beyond <= 0 && width / 2 <= rule.widest * rule.expected) {
    finding.verdict = TruthVerdict::kHolds;
  }
  return finding;
}

std::vector<double> paired_differences(const Run& run, const std::string& scenario, const std::string& metric,
                                       const std::string& a, const std::string& b, const std::string& since) {
  const std::map<int, double> of_a = phase_by_round(run, scenario, metric, a, since);
  std::vector<double> differences;
  for (const auto& [round, value] : phase_by_round(run, scenario, metric, b, since)) {
    if (const auto found = of_a.find(round); found != of_a.end()) {
      differences.push_back(value - found->second);
    }
  }
  return differences;
}

}  // namespace bench
