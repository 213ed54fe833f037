#include "bench/stats/judge/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "bench/base/text.h"
#include "bench/stats/bootstrap.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/equivalence.h"
#include "bench/stats/judge/marginal.h"
#include "bench/stats/shift.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

/// The samples of one comparison, by round.
struct Pair {
  std::vector<Block> rounds;
  std::vector<double> a, b;
  Unit unit = Unit::kNone;
  double resolution = 0;  ///< the coarser side's
  int paired = 0;
  bool all_positive = true;
  bool same_rounds = true;  ///< both sides in each round of one run
};

Pair collect_pair(const Run& run, const std::string& scenario, const std::string& metric,
                  const std::string& a, const std::string& b) {
  Pair pair;
  std::map<int, Block> by_round;
  for (const Sample& sample : run.samples) {
    const bool is_a = sample.target == a;
    if (sample.warmup || sample.at || (!is_a && sample.target != b) || sample.metric != metric ||
        sample.scenario != scenario) {
      continue;
    }
    Block& block = by_round[sample.round];
    (is_a ? block.a : block.b).push_back(sample.value);
    (is_a ? pair.a : pair.b).push_back(sample.value);
    pair.unit = sample.unit;
    pair.resolution = std::max(pair.resolution, sample.resolution.value_or(0));
    pair.all_positive = pair.all_positive && sample.value > 0;
  }
  for (auto& [round, block] : by_round) {
    pair.paired += block.a.empty() || block.b.empty() ? 0 : 1;
    pair.rounds.push_back(std::move(block));
  }
  return pair;
}

/// Two sides that share no round; values in the order of the rounds.
Pair collect_apart(const std::string& scenario, const std::string& metric, const MeasuredSide& a,
                   const MeasuredSide& b) {
  Pair pair = collect_pair(a.run, scenario, metric, a.target.name, a.target.name);
  Pair other = collect_pair(b.run, scenario, metric, b.target.name, b.target.name);
  pair.b = std::move(other.a);
  pair.unit = other.unit == Unit::kNone ? pair.unit : other.unit;
  pair.resolution = std::max(pair.resolution, other.resolution);
  pair.paired = static_cast<int>(std::min(pair.rounds.size(), other.rounds.size()));
  pair.all_positive = pair.all_positive && other.all_positive;
  pair.same_rounds = false;
  return pair;
}

struct Attempts {
  std::size_t failed = 0, all = 0;
  [[nodiscard]] bool too_many_failed() const {
    return static_cast<double>(failed) > kFailuresAllowed * static_cast<double>(all);
  }
};

Attempts attempts(const Run& run, const std::string& scenario, const std::string& target) {
  std::set<int> failed, all;
  for (const Failure& failure : run.failures) {
    if (!failure.warmup && is_of_a_round(failure) && failure.scenario == scenario &&
        failure.target == target) {
      failed.insert(failure.round);
    }
  }
  all = failed;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.scenario == scenario && sample.target == target) {
      all.insert(sample.round);
    }
  }
  return {failed.size(), all.size()};
}

/// The word for a ratio above or below 1.
Verdict direction(const MetricSpec& spec, bool more) {
  if (spec.manner == Manner::kSpeed) {
    return more == (spec.better == Better::kHigher) ? Verdict::kFaster : Verdict::kSlower;
  }
  return more ? Verdict::kLarger : Verdict::kSmaller;
}

bool inside(const Interval& interval, double threshold) {
  return interval.low >= 1 / (1 + threshold) && interval.high <= 1 + threshold;
}

std::string rounded_percent(double share) {
  return share < 0.0995 ? fmt::format("{:.2g} %", share * 100) : fmt::format("{:.0f} %", share * 100);
}

Judgement inconclusive(std::string why) {
  return {Verdict::kInconclusive, std::move(why)};
}

/// A size has been counted once and for all.
Judgement by_size(const Comparison& result, double threshold) {
  if (result.ratio > 1 + threshold || result.ratio < 1 / (1 + threshold)) {
    return {result.ratio > 1 ? Verdict::kLarger : Verdict::kSmaller,
            fmt::format("exact, and beyond ±{}", rounded_percent(threshold))};
  }
  return {Verdict::kEquivalent, fmt::format("exact, and within ±{}", rounded_percent(threshold))};
}

/// The rules in their order: first what forbids a comparison, then what forbids a verdict, then the interval.
Judgement judge_pair(const Comparison& result, const Pair& pair,
                     const std::optional<RatioIntervals>& intervals, double threshold, const MetricSpec& spec,
                     const MeasuredSide& side_a, const MeasuredSide& side_b) {
  if (const std::string reason = not_comparable(spec, side_a, side_b); !reason.empty()) {
    return {Verdict::kNotComparable, reason};
  }
  if (spec.exact) {
    return by_size(result, threshold);
  }
  for (const MeasuredSide* side : {&side_a, &side_b}) {
    const TargetInfo& target = side->target;
    if (const std::string failed = too_many_failed(side->run, result.scenario, target, target);
        !failed.empty()) {
      return inconclusive(failed);
    }
  }
  const char* paired = pair.same_rounds ? "paired " : "";
  if (!pair.all_positive) {
    return inconclusive("some values are zero or negative: a ratio has no interval");
  }
  if (!intervals) {
    return inconclusive(fmt::format("{} {}round{}: no interval below {}", result.n, paired,
                                    result.n == 1 ? "" : "s", kRoundsForInterval));
  }
  if (result.n < kRoundsForVerdict) {
    return inconclusive(
        fmt::format("exploratory: {} {}rounds, a verdict needs {}", result.n, paired, kRoundsForVerdict));
  }
  return judge_intervals(result, *intervals, threshold, spec);
}

}  // namespace

Judgement judge_intervals(const Comparison& result, const RatioIntervals& intervals, double threshold,
                          const MetricSpec& spec) {
  if (intervals.ci95.low > 1 + threshold || intervals.ci95.high < 1 / (1 + threshold)) {
    return {direction(spec, result.ratio > 1),
            fmt::format("the whole interval lies beyond ±{}", rounded_percent(threshold))};
  }
  if (inside(intervals.ci90, threshold)) {
    return {Verdict::kEquivalent,
            fmt::format("the 90 % interval lies within ±{}", rounded_percent(threshold))};
  }
  return inconclusive(
      fmt::format("the interval neither clears ±{} nor fits inside it; this run could have seen {}",
                  rounded_percent(threshold), rounded_percent(*result.detectable)));
}

std::string too_many_failed(const Run& run, const std::string& scenario, const TargetInfo& a,
                            const TargetInfo& b) {
  for (const TargetInfo* target : {&a, &b}) {
    if (const Attempts tried = attempts(run, scenario, target->name); tried.too_many_failed()) {
      return fmt::format("{} of {} of {} failed: no verdict above {}", tried.failed,
                         counted(tried.all, "trial"), target->name, rounded_percent(kFailuresAllowed));
    }
  }
  return {};
}

namespace {

/// The comparison of two sides whose values have been collected.
std::optional<Comparison> compare_sides(const std::string& scenario, const std::string& metric,
                                        const Pair& pair, const MeasuredSide& side_a,
                                        const MeasuredSide& side_b,
                                        std::optional<double> threshold_at_least) {
  const TargetInfo& a = side_a.target;
  const TargetInfo& b = side_b.target;
  const MetricSpec& spec = spec_of(side_a.run, metric);
  if (pair.a.empty() || pair.b.empty() || !no_ratio(spec, side_a, side_b).empty()) {
    return std::nullopt;
  }
  const double median_a = median(pair.a);
  const double median_b = median(pair.b);
  if (median_a <= 0 || median_b <= 0) {
    return std::nullopt;
  }
  Comparison result;
  result.scenario = scenario;
  result.metric = metric;
  result.a = a.name;
  result.b = b.name;
  result.ratio = median_b / median_a;
  result.shift = hodges_lehmann_shift(pair.a, pair.b);
  result.n = pair.paired;

  const double threshold = std::max(threshold_at_least.value_or(threshold_of(spec)),
                                    pair.resolution / std::min(median_a, median_b));
  std::optional<RatioIntervals> intervals;
  if (pair.all_positive && !spec.exact) {
    intervals = pair.same_rounds ? ratio_intervals(pair.rounds) : unpaired_ratio_intervals(pair.a, pair.b);
  }
  if (intervals) {
    result.ci95 = intervals->ci95;
    // Half the interval on the scale of factors is 1.96 standard errors; 1.5 times that leaves about 84 % of
    // all runs with an interval wholly beyond the threshold.
    const double half = std::sqrt(intervals->ci95.high / intervals->ci95.low);
    result.detectable = (1 + threshold) * half * std::sqrt(half) - 1;
  }
  const Judgement judgement = judge_pair(result, pair, intervals, threshold, spec, side_a, side_b);
  result.verdict = judgement.verdict;
  result.why = judgement.why;
  if (const std::string unknown = unverified(a, b);
      !unknown.empty() && result.verdict != Verdict::kNotComparable) {
    result.why += fmt::format("; not verified to be the same: {}", unknown);
  }
  return result;
}

}  // namespace

std::optional<Comparison> compare(const Run& run, const std::string& scenario, const std::string& metric,
                                  const TargetInfo& a, const TargetInfo& b) {
  if (const auto slope = curve_slope(run, metric)) {
    return marginal_comparison(*slope, {run, a}, {run, b}, std::nullopt);
  }
  return compare_sides(scenario, metric, collect_pair(run, scenario, metric, a.name, b.name), {run, a},
                       {run, b}, std::nullopt);
}

std::optional<Comparison> compare_runs(const Run& run_a, const TargetInfo& a, const Run& run_b,
                                       const TargetInfo& b, const std::string& scenario,
                                       const std::string& metric, std::optional<double> threshold) {
  const MeasuredSide side_a{run_a, a}, side_b{run_b, b};
  if (const auto slope = curve_slope(run_a, metric)) {
    return marginal_comparison(*slope, side_a, side_b, threshold);
  }
  return compare_sides(scenario, metric, collect_apart(scenario, metric, side_a, side_b), side_a, side_b,
                       threshold);
}

}  // namespace bench
