#include "bench/stats/marginal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/stats/bootstrap.h"
#include "bench/stats/compare.h"
#include "bench/stats/equivalence.h"

namespace bench {
namespace {

constexpr const char* kScenario = "memory";

/// Nothing where the interval in the denominator reaches zero.
std::optional<Interval> ratio_of(const std::optional<Interval>& b, const std::optional<Interval>& a) {
  if (!a || !b || a->low <= 0) return std::nullopt;
  return Interval{b->low / a->high, b->high / a->low};
}

Verdict judge_slopes(Comparison& result, const SlopeFit& fit_a, const SlopeFit& fit_b, const TargetInfo& a,
                     const TargetInfo& b) {
  if (const std::string differs = mismatch(a, b); !differs.empty()) {
    return {"not comparable", "not the same thing: " + differs};
  }
  const auto ci95 = ratio_of(fit_b.interval(0.95), fit_a.interval(0.95));
  const auto ci90 = ratio_of(fit_b.interval(0.90), fit_a.interval(0.90));
  if (!fit_a.error || !fit_b.error) {
    return {"inconclusive", "too few points for an interval of the slope"};
  }
  if (!ci95 || !ci90 || ci95->low <= 0) {
    return {"inconclusive", "the interval of a slope reaches zero: the host's memory moved too much"};
  }
  result.ci95 = ci95;
  const double half = std::sqrt(ci95->high / ci95->low);
  result.detectable = (1 + kThreshold) * half * std::sqrt(half) - 1;
  Verdict verdict = judge_intervals(result, {*ci95, *ci90}, kThreshold, "bytes");
  verdict.why += "; conservative: from the ends of both slopes' intervals";
  return verdict;
}

}  // namespace

std::optional<SlopeFit> marginal_fit(const Run& run, const std::string& target) {
  std::vector<CurvePoint> points;
  for (const Sample& sample : run.samples) {
    if (sample.warmup || !sample.at || sample.metric != kMarginalCurve || sample.target != target) continue;
    points.push_back({*sample.at, -sample.value, sample.round});
  }
  return fit_slope(points);
}

std::optional<Summary> marginal_summary(const Run& run, const TargetInfo& target) {
  const auto fit = marginal_fit(run, target.name);
  if (!fit) return std::nullopt;
  Summary summary;
  summary.scenario = kScenario;
  summary.target = target.name;
  summary.metric = kMarginal;
  summary.unit = "bytes";
  summary.n = fit->n;
  summary.failures =
      static_cast<int>(std::count_if(run.failures.begin(), run.failures.end(), [&](const Failure& failure) {
        return failure.scenario == kScenario && failure.target == target.name &&
               failure.phase == kAfterRounds;
      }));
  summary.median = summary.mean = fit->slope;
  summary.min = fit->by_pass.front();
  summary.max = fit->by_pass.back();
  summary.ci95 = fit->interval(0.95);
  return summary;
}

std::optional<Comparison> marginal_comparison(const Run& run, const TargetInfo& a, const TargetInfo& b) {
  const auto fit_a = marginal_fit(run, a.name);
  const auto fit_b = marginal_fit(run, b.name);
  if (!fit_a || !fit_b || fit_a->slope <= 0 || fit_b->slope <= 0) return std::nullopt;
  Comparison result;
  result.scenario = kScenario;
  result.metric = kMarginal;
  result.a = a.name;
  result.b = b.name;
  result.ratio = fit_b->slope / fit_a->slope;
  result.shift = fit_b->slope - fit_a->slope;
  result.n = std::min(fit_a->n, fit_b->n);
  const Verdict verdict = judge_slopes(result, *fit_a, *fit_b, a, b);
  result.verdict = verdict.verdict;
  result.why = verdict.why;
  if (const std::string unknown = unverified(a, b); !unknown.empty() && result.verdict != "not comparable") {
    result.why += fmt::format("; not verified to be the same: {}", unknown);
  }
  return result;
}

}  // namespace bench
