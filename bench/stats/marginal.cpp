#include "bench/stats/marginal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/stats/bootstrap.h"
#include "bench/stats/compare.h"
#include "bench/stats/equivalence.h"

namespace bench {
namespace {

/// Nothing where the interval in the denominator reaches zero.
std::optional<Interval> ratio_of(const std::optional<Interval>& b, const std::optional<Interval>& a) {
  if (!a || !b || a->low <= 0) return std::nullopt;
  return Interval{b->low / a->high, b->high / a->low};
}

Judgement judge_slopes(Comparison& result, const SlopeFit& fit_a, const SlopeFit& fit_b,
                       const MetricSpec& spec, const TargetInfo& a, const TargetInfo& b) {
  if (const std::string differs = mismatch(a, b); !differs.empty()) {
    return {Verdict::kNotComparable, "not the same thing: " + differs};
  }
  const auto ci95 = ratio_of(fit_b.interval(0.95), fit_a.interval(0.95));
  const auto ci90 = ratio_of(fit_b.interval(0.90), fit_a.interval(0.90));
  if (!fit_a.error || !fit_b.error) {
    return {Verdict::kInconclusive, "too few points for an interval of the slope"};
  }
  if (!ci95 || !ci90 || ci95->low <= 0) {
    return {Verdict::kInconclusive, "the interval of a slope reaches zero: the host's memory moved too much"};
  }
  result.ci95 = ci95;
  const double half = std::sqrt(ci95->high / ci95->low);
  const double threshold = threshold_of(spec);
  result.detectable = (1 + threshold) * half * std::sqrt(half) - 1;
  Judgement verdict = judge_intervals(result, {*ci95, *ci90}, threshold, spec);
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

std::optional<Comparison> marginal_comparison(const Run& run, const CurveSlope& slope, const TargetInfo& a,
                                              const TargetInfo& b) {
  const auto fit_a = marginal_fit(run, slope, a.name);
  const auto fit_b = marginal_fit(run, slope, b.name);
  if (!fit_a || !fit_b || fit_a->slope <= 0 || fit_b->slope <= 0) return std::nullopt;
  Comparison result;
  result.scenario = slope.scenario;
  result.metric = slope.spec.name;
  result.a = a.name;
  result.b = b.name;
  result.ratio = fit_b->slope / fit_a->slope;
  result.shift = fit_b->slope - fit_a->slope;
  result.n = std::min(fit_a->n, fit_b->n);
  const Judgement verdict = judge_slopes(result, *fit_a, *fit_b, slope.spec, a, b);
  result.verdict = verdict.verdict;
  result.why = verdict.why;
  if (const std::string unknown = unverified(a, b);
      !unknown.empty() && result.verdict != Verdict::kNotComparable) {
    result.why += fmt::format("; not verified to be the same: {}", unknown);
  }
  return result;
}

}  // namespace bench
