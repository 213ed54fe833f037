#pragma once

#include <span>

namespace bench {

/// Hodges and Lehmann's shift: the median of all differences b − a. Exact; O((n + m) · 64) time and O(n + m)
/// memory, since the n · m differences are counted and never stored. Neither side may be empty.
double hodges_lehmann_shift(std::span<const double> a, std::span<const double> b);

}  // namespace bench
