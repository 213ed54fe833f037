#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/slope.h"

namespace bench {

// What one more instance costs, from a curve: the host's available memory against the number of instances.

/// A metric that is declared as the slope of a curve (MetricSpec::slope_of), and its scenario.
struct CurveSlope {
  std::string scenario;
  MetricSpec spec;
};
std::vector<CurveSlope> curve_slopes(const Run& run);
/// Nothing where the metric is no slope.
std::optional<CurveSlope> curve_slope(const Run& run, const std::string& metric);

/// Fewer passes are exploratory: their interval stands, and no verdict is given by it.
inline constexpr int kPassesForVerdict = 4;

/// The fit of a target's curve, its sign turned: bytes that each further instance takes. Passes are the
/// samples' rounds. Nothing without two different numbers of instances in one pass.
std::optional<SlopeFit> marginal_fit(const Run& run, const CurveSlope& slope, const std::string& target);

/// The fit as a summary: median and mean are the slope, ci95 is Student's t interval over the passes, n their
/// number, min and max the smallest and the largest slope of one.
std::optional<Summary> marginal_summary(const Run& run, const CurveSlope& slope, const TargetInfo& target);

/// b's slope against a's, where both may be quoted (comparable.h). The interval of the ratio is
/// [low_b / high_a, high_b / low_a] of the two 95 % intervals: wider than need be, since both ends would have
/// to be missed at once. Nothing where there is no ratio.
std::optional<Comparison> marginal_comparison(const CurveSlope& slope, const MeasuredSide& side_a,
                                              const MeasuredSide& side_b, std::optional<double> threshold);

}  // namespace bench
