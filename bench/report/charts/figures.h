#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/run.h"

namespace bench {

/// One axis as it is drawn: its limits in the unit of the data (seconds, bytes), and derived from them.
struct FigureAxis {
  double low = 0, high = 1;
  bool log = false;
  [[nodiscard]] bool holds(double value) const { return value >= low && value <= high; }
  bool operator==(const FigureAxis&) const = default;
};

/// Something that is drawn at (x, y), in the units of its panel's axes: a sample's dot, the end of a line or
/// of an interval, a corner of a bar.
struct FigurePoint {
  double x = 0, y = 0;
  bool sample = false;  ///< one measured value, and not a part of a box, a bar or a line
  bool operator==(const FigurePoint&) const = default;
};

struct FigurePanel {
  FigureAxis x, y;
  std::vector<FigurePoint> points;  ///< all that is drawn in it
  bool operator==(const FigurePanel&) const = default;
};

/// The place of a text on the canvas, in CSS pixels from the top left; as wide as it is in a wide font.
struct FigureText {
  std::string text;
  double left = 0, top = 0, right = 0, bottom = 0;
  bool operator==(const FigureText&) const = default;
};

/// A chart, ready to be drawn. All text is plain, nothing is escaped for a format.
struct Figure {
  std::string id;             ///< also its file's name without the suffix: "startup-phases"
  std::string title;          ///< stands in the picture too
  std::string alt;            ///< for who cannot see it: full sentences with the numbers
  std::string caption;        ///< how to read it, for below the figure
  std::string script;         ///< gnuplot's, without the terminal; the data are inside
  int width = 0, height = 0;  ///< CSS pixels
  std::vector<FigurePanel> panels;
  std::vector<FigureText> texts;  ///< all but the labels and titles of axes
};

/// The charts of a run, in the order in which people should look at them; one whose data the run has not is
/// left out. Pure; summaries and comparisons must have been derived.
std::vector<Figure> figures(const Run& run);

/// A row of the table of charts: nothing where the run has no data for it.
using Chart = std::function<std::vector<Figure>(const Run&)>;

/// A row more, for a program that links these rooms and brings a chart of its own: before anything is drawn,
/// from one thread. A new chart of this program is a row in figures.cpp.
void add_chart(Chart chart);

/// The formats of draw(), which are also the files' suffixes: "svg", "png", "pdf".
const std::vector<std::string>& figure_formats();

/// True when gnuplot is there.
bool can_draw();

/// What to say where it is not: one line.
inline constexpr const char* kDrawRemedy = "install gnuplot (Debian, Ubuntu: apt-get install gnuplot-nox)";

/// The figure as a file's bytes, through gnuplot. The same figure gives the same bytes: no dates, and the ids
/// inside an SVG begin with the figure's, so that several can stand in one page. PNG has twice the figure's
/// pixels. Throws Error{kUnavailable} without gnuplot, Error{kEngine} when it complains, Error{kUsage} for
/// another format.
std::string draw(const Figure& figure, std::string_view format);

}  // namespace bench
