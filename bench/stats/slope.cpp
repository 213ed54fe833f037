#include "bench/stats/slope.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "bench/stats/summary.h"

namespace bench {
namespace {

/// P(|T| < t), Abramowitz and Stegun 26.7.3 (odd) and 26.7.4 (even degrees of freedom): finite sums.
double probability_within(double t, int freedom) {
  const double theta = std::atan(t / std::sqrt(static_cast<double>(freedom)));
  const double sine = std::sin(theta);
  const double cosine = std::cos(theta);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1;
  double sum = 0;
  for (int k = odd ? 1 : 0; k <= freedom - 2; k += 2) {
    sum += term;
    term *= cosine * cosine * (k + 1) / (k + 2);
  }
  return odd ? 2 / std::numbers::pi * (theta + sine * sum) : sine * sum;
}

/// The least-squares slope of one pass; nothing where x never changes.
std::optional<double> slope_of(const std::vector<CurvePoint>& points) {
  double x = 0;
  double y = 0;
  for (const CurvePoint& point : points) {
    x += point.x / static_cast<double>(points.size());
    y += point.y / static_cast<double>(points.size());
  }
  double xx = 0;
  double xy = 0;
  for (const CurvePoint& point : points) {
    xx += (point.x - x) * (point.x - x);
    xy += (point.x - x) * (point.y - y);
  }
  if (xx <= 0) return std::nullopt;
  return xy / xx;
}

}  // namespace

double student_t_quantile(double confidence, int freedom) {
  double low = 0, high = 1;
  while (probability_within(high, freedom) < confidence) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (probability_within(middle, freedom) < confidence ? low : high) = middle;
  }
  return (low + high) / 2;
}

std::optional<SlopeFit> fit_slope(const std::vector<CurvePoint>& points) {
  std::map<int, std::vector<CurvePoint>> passes;
  std::size_t fullest = 0;
  for (const CurvePoint& point : points) {
    passes[point.pass].push_back(point);
    fullest = std::max(fullest, passes[point.pass].size());
  }
  SlopeFit fit;
  for (const auto& [pass, of_pass] : passes) {
    if (of_pass.size() < fullest) continue;
    if (const auto slope = slope_of(of_pass)) fit.by_pass.push_back(*slope);
  }
  if (fit.by_pass.empty()) return std::nullopt;
  std::sort(fit.by_pass.begin(), fit.by_pass.end());
  fit.n = static_cast<int>(fit.by_pass.size());
  fit.freedom = fit.n - 1;
  fit.slope = mean(fit.by_pass);
  if (const auto spread = stddev(fit.by_pass)) fit.error = *spread / std::sqrt(fit.n);
  return fit;
}

std::optional<Interval> SlopeFit::interval(double confidence) const {
  if (!error) return std::nullopt;
  const double half = student_t_quantile(confidence, freedom) * *error;
  return Interval{slope - half, slope + half};
}

}  // namespace bench
