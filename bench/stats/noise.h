#pragma once

#include <optional>
#include <span>

#include "bench/core/run.h"

namespace bench {

// How much figures of the same thing differ by themselves.

/// The largest relative difference between any two of the values: largest / smallest − 1. Nothing for fewer
/// than two values, or where one is not positive: there is no share of it then.
std::optional<double> largest_difference(std::span<const double> values);

/// Half of a ratio's interval on the scale of factors: √(high / low) − 1; 0.05 is "known to ± 5 %". Both ends
/// must be positive.
double half_width(const Interval& ratio);

}  // namespace bench
