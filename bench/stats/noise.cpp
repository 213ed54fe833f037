#include "bench/stats/noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr double k95Percent = 1.96;  // standard deviations on either side

}  // namespace

std::optional<UsualDifference> usual_difference(std::span<const double> values) {
  constexpr std::size_t kForARange = 4;
  if (values.size() < 2) return std::nullopt;
  if (std::any_of(values.begin(), values.end(), [](double value) { return value <= 0; })) return std::nullopt;
  std::vector<double> logs;
  logs.reserve(values.size());
  for (const double value : values) logs.push_back(std::log(value));
  const double between = k95Percent * std::numbers::sqrt2 * *stddev(logs);
  UsualDifference usual{std::expm1(between), std::nullopt};
  if (values.size() >= kForARange) {
    // The logarithm of a deviation from n values has a standard error of about 1 / √(2 (n − 1)).
    const double factor = std::exp(k95Percent / std::sqrt(2.0 * static_cast<double>(values.size() - 1)));
    usual.range = Interval{std::expm1(between / factor), std::expm1(between * factor)};
  }
  return usual;
}

double half_width(const Interval& ratio) {
  return std::sqrt(ratio.high / ratio.low) - 1;
}

}  // namespace bench
