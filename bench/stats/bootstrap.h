#pragma once

#include <optional>
#include <span>
#include <vector>

#include "bench/core/run.h"

namespace bench {

inline constexpr int kResamples = 10'000;
/// Fewer rounds give no interval: six values are the fewest whose range covers the median with 95 %.
inline constexpr int kRoundsForInterval = 6;

/// 95 % percentile-bootstrap interval of the median, fixed seed; nothing for fewer than kRoundsForInterval
/// values.
std::optional<Interval> median_interval(std::span<const double> values);

/// What one round gave to the two sides of a comparison; usually one value each, none where a trial failed.
struct Block {
  std::vector<double> a, b;
};

struct RatioIntervals {
  Interval ci95, ci90;
};

/// Percentile intervals of median(b) / median(a) by resampling whole rounds with replacement, so that what
/// both targets of a round had in common (drift, a noisy neighbour) stays in common. Fixed seed. All values
/// must be positive. Nothing when fewer than kRoundsForInterval rounds have both sides.
std::optional<RatioIntervals> ratio_intervals(const std::vector<Block>& blocks);

/// The same for two sides that share no round (two runs): each is resampled on its own, and the intervals are
/// widened by what a series that resembles its own past knows less about its level (docs/statistics.md).
/// Values in the order in which they were measured, all positive. Nothing when a side has fewer than
/// kRoundsForInterval values.
std::optional<RatioIntervals> unpaired_ratio_intervals(std::span<const double> a, std::span<const double> b);

}  // namespace bench
