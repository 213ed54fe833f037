#include "bench/stats/slope.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "bench/stats/student_t.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

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

std::optional<SlopeFit> fit_slope(const std::vector<CurvePoint>& points) {
  std::map<int, std::vector<CurvePoint>> passes;
  for (const CurvePoint& point : points) passes[point.pass].push_back(point);
  const auto by_x = [](const CurvePoint& a, const CurvePoint& b) { return a.x < b.x; };
  const auto [least, most] = std::minmax_element(points.begin(), points.end(), by_x);
  SlopeFit fit;
  for (const auto& [pass, of_pass] : passes) {
    const auto [low, high] = std::minmax_element(of_pass.begin(), of_pass.end(), by_x);
    if (low->x > least->x || high->x < most->x) continue;
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
