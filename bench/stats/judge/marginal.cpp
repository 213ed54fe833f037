#include "bench/stats/judge/marginal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/stats/bootstrap.h"
#include "bench/stats/judge/compare.h"
#include "bench/stats/judge/equivalence.h"

namespace bench {
namespace {

/// Of two intervals above zero.
Interval ratio_of(const Interval& b, const Interval& a) {
  return {b.low / a.high, b.high / a.low};
}

Judgement judge_slopes(const Comparison& result, const RatioIntervals& intervals, double threshold,
                       const MetricSpec& spec, const MeasuredSide& a, const MeasuredSide& b) {
  if (const std::string reason = not_comparable(spec, a, b); !reason.empty()) {
    return {Verdict::kNotComparable, reason};
  }
  if (result.n < kPassesForVerdict) {
    return {Verdict::kInconclusive,
            fmt::format("exploratory: {} passes, a verdict needs {}", result.n, kPassesForVerdict)};
  }
  Judgement verdict = judge_intervals(result, intervals, threshold, spec);
  verdict.why += "; conservative: from the ends of both slopes' intervals";
  return verdict;
}

}  // namespace

std::vector<CurveSlope> curve_slopes(const Run& run) {
  std::vector<CurveSlope> slopes;
  for (const ScenarioSpec& scenario : declared_scenarios(run)) {
    for (const MetricSpec& spec : scenario.metrics) {
      if (!spec.slope_of.empty()) slopes.push_back({scenario.name, spec});
    }
  }
  return slopes;
}

std::optional<CurveSlope> curve_slope(const Run& run, const std::string& metric) {
  for (CurveSlope& slope : curve_slopes(run)) {
    if (slope.spec.name == metric) return std::move(slope);
  }
  return std::nullopt;
}

std::optional<SlopeFit> marginal_fit(const Run& run, const CurveSlope& slope, const std::string& target) {
  std::vector<CurvePoint> points;
  for (const Sample& sample : run.samples) {
    if (sample.warmup || !sample.at || sample.metric != slope.spec.slope_of || sample.target != target)
      continue;
    points.push_back({*sample.at, -sample.value, sample.round});
  }
  return fit_slope(points);
}

std::optional<Summary> marginal_summary(const Run& run, const CurveSlope& slope, const TargetInfo& target) {
  const auto fit = marginal_fit(run, slope, target.name);
  if (!fit) return std::nullopt;
  Summary summary;
  summary.scenario = slope.scenario;
  summary.target = target.name;
  summary.metric = slope.spec.name;
  summary.unit = slope.spec.unit;
  summary.n = fit->n;
  summary.failures =
      static_cast<int>(std::count_if(run.failures.begin(), run.failures.end(), [&](const Failure& failure) {
        return failure.scenario == slope.scenario && failure.target == target.name &&
               failure.phase == kAfterRounds;
      }));
  summary.median = summary.mean = fit->slope;
  summary.min = fit->by_pass.front();
  summary.max = fit->by_pass.back();
  summary.ci95 = fit->interval(0.95);
  return summary;
}

std::optional<Comparison> marginal_comparison(const CurveSlope& slope, const MeasuredSide& side_a,
                                              const MeasuredSide& side_b, std::optional<double> threshold) {
  const TargetInfo& a = side_a.target;
  const TargetInfo& b = side_b.target;
  const auto fit_a = marginal_fit(side_a.run, slope, a.name);
  const auto fit_b = marginal_fit(side_b.run, slope, b.name);
  if (!fit_a || !fit_b || !no_ratio(slope.spec, side_a, side_b).empty()) return std::nullopt;
  const RatioIntervals intervals{ratio_of(*fit_b->interval(0.95), *fit_a->interval(0.95)),
                                 ratio_of(*fit_b->interval(0.90), *fit_a->interval(0.90))};
  Comparison result;
  result.scenario = slope.scenario;
  result.metric = slope.spec.name;
  result.a = a.name;
  result.b = b.name;
  result.ratio = fit_b->slope / fit_a->slope;
  result.shift = fit_b->slope - fit_a->slope;
  result.n = std::min(fit_a->n, fit_b->n);
  result.ci95 = intervals.ci95;
  const double half = std::sqrt(intervals.ci95.high / intervals.ci95.low);
  const double beyond = threshold.value_or(threshold_of(slope.spec));
  result.detectable = (1 + beyond) * half * std::sqrt(half) - 1;
  const Judgement verdict = judge_slopes(result, intervals, beyond, slope.spec, side_a, side_b);
  result.verdict = verdict.verdict;
  result.why = verdict.why;
  if (const std::string unknown = unverified(a, b);
      !unknown.empty() && result.verdict != Verdict::kNotComparable) {
    result.why += fmt::format("; not verified to be the same: {}", unknown);
  }
  return result;
}

}  // namespace bench
