#pragma once

#include <optional>
#include <vector>

#include "bench/core/run.h"

namespace bench {

/// One point of a curve that was walked through several times.
struct CurvePoint {
  double x = 0, y = 0;
  int pass = 0;
};

/// y = intercept(pass) + slope · x by least squares: one slope, and an intercept for every pass, so that what
/// lay between two passes (another level of the host) does not enter the slope.
struct SlopeFit {
  double slope = 0;
  std::optional<double> error;  ///< standard error of the slope; nothing without a degree of freedom
  int freedom = 0;              ///< degrees of freedom: points − passes − 1
  int n = 0;                    ///< points
  /// The slopes of the single passes, ascending; of those that have two different x.
  std::vector<double> by_pass;

  /// Student's t interval of the slope; nothing without an error. `confidence`: 0.95, 0.90.
  [[nodiscard]] std::optional<Interval> interval(double confidence) const;
};

/// Nothing where x never changes within a pass: there is no slope then.
std::optional<SlopeFit> fit_slope(const std::vector<CurvePoint>& points);

/// The t that |T| stays below with the probability `confidence` (two-sided), for `freedom` ≥ 1 degrees of
/// freedom: 2.776 for 0.95 and 4. By bisection of the exact probability for integer degrees of freedom
/// (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4).
double student_t_quantile(double confidence, int freedom);

}  // namespace bench
