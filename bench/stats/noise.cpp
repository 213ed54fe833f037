#include "bench/stats/noise.h"

#include <algorithm>
#include <cmath>

namespace bench {

std::optional<double> largest_difference(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low <= 0) return std::nullopt;
  return *high / *low - 1;
}

double half_width(const Interval& ratio) {
  return std::sqrt(ratio.high / ratio.low) - 1;
}

}  // namespace bench
