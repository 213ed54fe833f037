#include "bench/stats/judge/derive.h"

#include <algorithm>
#include <set>
#include <string>

#include "bench/stats/bootstrap.h"
#include "bench/stats/judge/claims.h"
#include "bench/stats/judge/compare.h"
#include "bench/stats/judge/marginal.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr std::size_t kSamplesForP95 = 20;

struct Series {
  std::string scenario, target, metric;
  Unit unit = Unit::kNone;
  std::vector<double> values;
};

/// The valid samples by scenario, metric and target, points of curves left out: scenarios and metrics as they
/// first appear, targets in the run's order (their order in a round is shuffled).
std::vector<Series> series_of(const Run& run) {
  std::vector<std::pair<std::string, std::string>> metrics;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && !sample.at && seen.emplace(sample.scenario, sample.metric).second) {
      metrics.emplace_back(sample.scenario, sample.metric);
    }
  }
  std::vector<Series> all;
  for (const auto& [scenario, metric] : metrics) {
    for (const TargetInfo& target : run.targets) {
      Series series{scenario, target.name, metric, Unit::kNone, {}};
      for (const Sample& sample : run.samples) {
        if (!sample.warmup && !sample.at && sample.metric == metric && sample.target == target.name &&
            sample.scenario == scenario) {
          series.unit = sample.unit;
          series.values.push_back(sample.value);
        }
      }
      if (!series.values.empty()) {
        all.push_back(std::move(series));
      }
    }
  }
  return all;
}

Summary summarise(const Run& run, const Series& series) {
  const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
  Summary summary;
  summary.scenario = series.scenario;
  summary.target = series.target;
  summary.metric = series.metric;
  summary.unit = series.unit;
  summary.n = static_cast<int>(series.values.size());
  summary.failures =
      static_cast<int>(std::count_if(run.failures.begin(), run.failures.end(), [&](const Failure& f) {
        return !f.warmup && is_of_a_round(f) && f.scenario == series.scenario && f.target == series.target;
      }));
  summary.median = median(series.values);
  summary.mean = mean(series.values);
  summary.stddev = stddev(series.values);
  summary.min = *low;
  summary.max = *high;
  if (series.values.size() >= kSamplesForP95) {
    summary.p95 = quantile(series.values, 0.95);
  }
  summary.ci95 = median_interval(series.values);
  summary.outliers = static_cast<int>(outliers(series.values).size());
  return summary;
}

void derive_marginal(Run& run) {
  for (const CurveSlope& slope : curve_slopes(run)) {
    for (const TargetInfo& target : run.targets) {
      if (auto summary = marginal_summary(run, slope, target)) run.summaries.push_back(*std::move(summary));
    }
    for (const TargetPair& pair : compared_pairs(run)) {
      if (auto comparison = compare(run, slope.scenario, slope.spec.name, *pair.a, *pair.b)) {
        run.comparisons.push_back(*std::move(comparison));
      }
    }
  }
}

}  // namespace

const TargetInfo* baseline_of(const Run& run) {
  if (const TargetInfo* named = find_target(run, run.baseline)) return named;
  const auto container = std::find_if(run.targets.begin(), run.targets.end(), [](const TargetInfo& target) {
    return family_of(target.traits) == Kind::kContainer;
  });
  if (container != run.targets.end()) return &*container;
  return run.targets.empty() ? nullptr : &run.targets.front();
}

std::vector<TargetPair> compared_pairs(const Run& run) {
  std::vector<TargetPair> pairs;
  if (run.targets.empty()) {
    return pairs;
  }
  const TargetInfo* first = baseline_of(run);
  for (const TargetInfo& target : run.targets) {
    if (&target != first) pairs.push_back({first, &target});
  }
  for (auto a = run.targets.begin(); a != run.targets.end(); ++a) {
    for (auto b = a + 1; b != run.targets.end(); ++b) {
      if (&*a != first && a->traits.own_kernel() && b->traits.own_kernel() && &*b != first) {
        pairs.push_back({&*a, &*b});
      }
    }
  }
  return pairs;
}

void derive(Run& run) {
  run.summaries.clear();
  run.comparisons.clear();
  std::vector<std::pair<std::string, std::string>> metrics;
  for (const Series& series : series_of(run)) {
    run.summaries.push_back(summarise(run, series));
    if (metrics.empty() || metrics.back() != std::pair(series.scenario, series.metric)) {
      metrics.emplace_back(series.scenario, series.metric);
    }
  }
  for (const auto& [scenario, metric] : metrics) {
    if (!is_compared(spec_of(run, metric))) continue;
    for (const TargetPair& pair : compared_pairs(run)) {
      if (auto comparison = compare(run, scenario, metric, *pair.a, *pair.b)) {
        run.comparisons.push_back(*std::move(comparison));
      }
    }
  }
  derive_marginal(run);
  judge_claims(run);
}

}  // namespace bench
