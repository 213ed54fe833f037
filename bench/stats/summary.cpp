#include "bench/stats/summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bench {
namespace {

double sorted_quantile(std::span<const double> sorted, double q) {
  const double position = static_cast<double>(sorted.size() - 1) * q;
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) {
    return sorted.back();
  }
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

}  // namespace

double quantile(std::span<const double> values, double q) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted_quantile(sorted, q);
}

double median(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  if (copy.size() % 2 == 1) {
    return *middle;
  }
  return (*std::max_element(copy.begin(), middle) + *middle) / 2;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> stddev(std::span<const double> values) {
  if (values.size() < 2) {
    return std::nullopt;
  }
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) {
    squares += (value - centre) * (value - centre);
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::vector<std::size_t> outliers(std::span<const double> values) {
  if (values.empty()) {
    return {};
  }
  const double centre = median(values);
  std::vector<double> deviations(values.size());
  std::transform(values.begin(), values.end(), deviations.begin(),
                 [centre](double value) { return std::abs(value - centre); });
  const double mad = median(deviations);
  const double scale = mad > 0 ? mad / 0.6745 : 1.2533 * mean(deviations);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < deviations.size(); ++i) {
    if (scale > 0 && deviations[i] / scale > 3.5) {
      found.push_back(i);
    }
  }
  return found;
}

}  // namespace bench
