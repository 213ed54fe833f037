#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/report/charts/scene.h"
#include "bench/report/view/numbers.h"

namespace bench {

/// Values further apart than this are unreadable on one linear axis.
inline constexpr double kLogFrom = 5;

/// True when all are positive and the largest is more than kLogFrom times the smallest.
bool wants_log(std::span<const double> values);

/// Holds every value, with a little air at both ends; where all are equal, some air around the one. Not
/// finite values are left out. [0, 1] for none.
FigureAxis axis_over(std::span<const double> values, bool log);

/// From zero (or below it, where a value is negative) to beyond the largest value, so that `after` of the
/// panel's width is left for a label behind the longest bar. 0 ≤ after < 0.9.
FigureAxis axis_from_zero(std::span<const double> values, double after = 0.02);

/// At most about `count` round places inside the axis, labelled in the scale without its unit.
std::vector<Tick> ticks_on(const FigureAxis& axis, const Scale& scale, int count = 8);
/// The same for ratios: "0.5×".
std::vector<Tick> ratio_ticks_on(const FigureAxis& axis, int count = 8);

/// Pixels that a text takes at most, whichever sans-serif font is there.
double text_width(std::string_view text, double size);

/// Moves places apart to at least `gap`, in their order, within [low, high] as far as they fit.
std::vector<double> spread(std::vector<double> places, double gap, double low, double high);

}  // namespace bench
