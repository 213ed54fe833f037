#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/report/charts/style.h"

namespace bench {

// Horizontal bars from zero, the rows below one another: what sizes and memory have in common.

struct BarPart {
  std::string name;  ///< written into the part where there is room; empty: nothing is written
  std::string colour;
  double value = 0;
};

struct BarRow {
  std::string label;
  std::vector<BarPart> parts{};  ///< none: a heading
  std::string text{};            ///< behind the bar
  std::optional<double> mark{};  ///< a second value on the same bar
  double height = 20;            ///< pixels of the bar
  double gap = 8;                ///< pixels above it
  std::string target{};          ///< whose row it is; a zoom takes all of a target's rows or none

  [[nodiscard]] double total() const;
  /// Where the drawing ends: at the bar's or at the mark.
  [[nodiscard]] double reach() const;
};

struct BarStyle {
  Unit unit = Unit::kNone;  ///< of the values
  Scale scale;              ///< of the axis
  std::string x_title;      ///< without the unit
  Shape mark = Shape::kTick;
};

/// One panel with these rows; returns its bottom.
double add_bars(Canvas& canvas, double top, double left, const std::vector<BarRow>& rows,
                const BarStyle& style, bool with_title = true);

/// The same, and below it once more those targets whose longest bar is less than a kLogFrom-th of the longest
/// of all, and so on.
double add_zoomed_bars(Canvas& canvas, double top, double left, const std::vector<BarRow>& rows,
                       const BarStyle& style);

/// Pixels left of the panel for the rows' labels.
double labels_room(const std::vector<BarRow>& rows);

}  // namespace bench
