#pragma once

#include <optional>
#include <span>

#include "bench/core/run.h"

namespace bench {

// How much figures of the same thing differ by themselves.

/// How far two measurings of the same are apart, in 95 of 100 cases.
struct UsualDifference {
  double share = 0;                 ///< 0.05: by up to 5 %
  std::optional<Interval> range{};  ///< what so few values leave open about it (95 %); from four values on
};

/// From the deviation of all the values, on the scale of factors: 1.96 · √2 of it is between two of them.
/// More values make it surer and not larger, as the range of them would be. Nothing for fewer than two
/// values, or where one is not positive: there is no share of it then.
std::optional<UsualDifference> usual_difference(std::span<const double> values);

/// Half of a ratio's interval on the scale of factors: √(high / low) − 1; 0.05 is "known to ± 5 %". Both ends
/// must be positive.
double half_width(const Interval& ratio);

}  // namespace bench
