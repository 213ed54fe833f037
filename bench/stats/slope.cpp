#include "bench/stats/slope.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

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

/// Sums of squares and products around the means of one pass.
struct Moments {
  double xx = 0, xy = 0, yy = 0;
};

Moments moments(const std::vector<CurvePoint>& points) {
  double x = 0, y = 0;
  for (const CurvePoint& point : points) x += point.x, y += point.y;
  x /= static_cast<double>(points.size());
  y /= static_cast<double>(points.size());
  Moments result;
  for (const CurvePoint& point : points) {
    result.xx += (point.x - x) * (point.x - x);
    result.xy += (point.x - x) * (point.y - y);
    result.yy += (point.y - y) * (point.y - y);
  }
  return result;
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
  for (const CurvePoint& point : points) passes[point.pass].push_back(point);
  SlopeFit fit;
  Moments all;
  for (const auto& [pass, of_pass] : passes) {
    const Moments one = moments(of_pass);
    all.xx += one.xx;
    all.xy += one.xy;
    all.yy += one.yy;
    if (one.xx > 0) fit.by_pass.push_back(one.xy / one.xx);
  }
  if (all.xx <= 0) return std::nullopt;
  std::sort(fit.by_pass.begin(), fit.by_pass.end());
  fit.slope = all.xy / all.xx;
  fit.n = static_cast<int>(points.size());
  fit.freedom = fit.n - static_cast<int>(passes.size()) - 1;
  if (fit.freedom >= 1) {
    const double residual = std::max(0.0, all.yy - fit.slope * all.xy);
    fit.error = std::sqrt(residual / fit.freedom / all.xx);
  }
  return fit;
}

std::optional<Interval> SlopeFit::interval(double confidence) const {
  if (!error) return std::nullopt;
  const double half = student_t_quantile(confidence, freedom) * *error;
  return Interval{slope - half, slope + half};
}

}  // namespace bench
