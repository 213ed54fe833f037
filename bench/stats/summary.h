#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace bench {

// Descriptive statistics. "Values" are never empty, unless a function says what it does then.

/// The middle value, or the mean of the two middle ones.
double median(std::span<const double> values);

double mean(std::span<const double> values);

/// With n − 1 in the denominator; nothing for n < 2, where it does not exist.
std::optional<double> stddev(std::span<const double> values);

/// Hyndman and Fan's type 7, what R, NumPy and spreadsheets give by default: linear between order statistics,
/// at position (n − 1) · q counted from 0. 0 ≤ q ≤ 1.
double quantile(std::span<const double> values, double q);

/// Indices of values whose modified z-score 0.6745 · |x − median| / MAD is above 3.5 (Iglewicz and Hoaglin,
/// 1993). Where more than half of the values are equal (MAD = 0), the mean absolute deviation · 1.2533 takes
/// the place of MAD / 0.6745, as the authors advise. They are flagged, never dropped.
std::vector<std::size_t> outliers(std::span<const double> values);

}  // namespace bench
