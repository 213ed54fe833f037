#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/report/charts/figures.h"

namespace bench {

// What a chart is made of, before it becomes gnuplot's script. Places on the canvas are in CSS pixels from
// its top left corner; places in a panel are in the units of its axes.

enum class Shape { kDot, kRing, kSquare, kTriangle, kDiamond, kDownTriangle, kHollowDiamond, kCross, kTick };

struct Tick {
  double at = 0;
  std::string label;
};

enum class MarkKind { kBar, kPath, kPoints };

/// What is drawn alike is one mark.
struct Mark {
  MarkKind kind = MarkKind::kPoints;
  std::string colour;    ///< "#rrggbb"
  std::string edge{};    ///< of a bar; empty: none
  double size = 1;       ///< width of a line in pixels, or size of a point
  bool dashed = false;   ///< a path
  bool samples = false;  ///< its points are measured values
  Shape shape = Shape::kDot;
  /// Points; the corners of a path, a break where there is none; opposite corners of bars.
  std::vector<std::pair<double, double>> at{};
  std::vector<std::size_t> breaks{};  ///< a path begins anew before these
};

enum class Align { kLeft, kCentre, kRight };

struct Words {
  double x = 0, y = 0;
  std::string text;
  Align align = Align::kLeft;
  std::string colour = "#222222";
  double size = 12;
  bool bold = false;
};

struct Panel {
  double left = 0, top = 0, right = 0, bottom = 0;  ///< pixels
  FigureAxis x, y;
  std::vector<Tick> x_ticks{}, y_ticks{};
  std::string x_title{}, y_title{};
  bool frame = true;  ///< draw the axes' lines
  std::vector<Mark> marks{};

  Panel& bar(double x0, double x1, double y0, double y1, const std::string& colour,
             const std::string& edge = {});
  Panel& line(double x0, double y0, double x1, double y1, const std::string& colour, double width = 1,
              bool dashed = false);
  Panel& path(std::vector<std::pair<double, double>> corners, const std::string& colour, double width = 1,
              bool dashed = false);
  Panel& point(double x, double y, const std::string& colour, Shape shape = Shape::kDot, double size = 1);
  /// Like point, for a measured value.
  Panel& sample(double x, double y, const std::string& colour, Shape shape = Shape::kDot, double size = 1);

  /// Where a value stands on the canvas.
  [[nodiscard]] double x_pixel(double value) const;
  [[nodiscard]] double y_pixel(double value) const;
};

/// A swatch of a legend, in pixels.
struct Swatch {
  double x = 0, y = 0, width = 12, height = 12;
  std::string colour;
};

struct Canvas {
  int width = 860, height = 0;
  std::vector<Panel> panels{};
  std::vector<Words> words{};
  std::vector<Swatch> swatches{};
};

/// gnuplot's commands for the canvas; text from outside is inside single quotes only.
std::string gnuplot_script(const Canvas& canvas);

/// The axes and points of the canvas.
std::vector<FigurePanel> figure_panels(const Canvas& canvas);

/// Where the words of the canvas stand.
std::vector<FigureText> figure_texts(const Canvas& canvas);

}  // namespace bench
