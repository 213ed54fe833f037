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

/// One slope a pass by least squares, and what the passes say together. The readings of a pass follow one
/// another, so what drifts on the host goes through several of them: they are no independent observations,
/// the passes are.
struct SlopeFit {
  double slope = 0;             ///< the mean of the passes' slopes
  std::optional<double> error;  ///< its standard error; nothing with one pass
  int freedom = 0;              ///< degrees of freedom: passes − 1
  int n = 0;                    ///< passes
  /// The slopes of the single passes, ascending. A pass that was broken off (it does not reach from the least
  /// x of all to the greatest) is left out, and so is one in which x never changes.
  std::vector<double> by_pass;

  /// Student's t interval over the passes; nothing without an error. `confidence`: 0.95, 0.90.
  [[nodiscard]] std::optional<Interval> interval(double confidence) const;
};

/// Nothing where x never changes within a pass: there is no slope then.
std::optional<SlopeFit> fit_slope(const std::vector<CurvePoint>& points);

}  // namespace bench
