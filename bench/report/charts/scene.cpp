#include "bench/report/charts/scene.h"

#include <cmath>

#include "bench/report/charts/axes.h"

namespace bench {
namespace {

/// The mark that one more thing of this look belongs to: the last one, or a new one on top.
Mark& mark_like(std::vector<Mark>& marks, const Mark& look) {
  if (!marks.empty()) {
    const Mark& last = marks.back();
    if (last.kind == look.kind && last.colour == look.colour && last.edge == look.edge &&
        last.size == look.size && last.dashed == look.dashed && last.samples == look.samples &&
        last.shape == look.shape) {
      return marks.back();
    }
  }
  return marks.emplace_back(look);
}

double share(const FigureAxis& axis, double value) {
  return axis.log ? std::log(value / axis.low) / std::log(axis.high / axis.low)
                  : (value - axis.low) / (axis.high - axis.low);
}

}  // namespace

Panel& Panel::bar(double x0, double x1, double y0, double y1, const std::string& colour,
                  const std::string& edge) {
  Mark& mark = mark_like(marks, {MarkKind::kBar, colour, edge});
  mark.at.emplace_back(x0, y0);
  mark.at.emplace_back(x1, y1);
  return *this;
}

Panel& Panel::line(double x0, double y0, double x1, double y1, const std::string& colour, double width,
                   bool dashed) {
  return path({{x0, y0}, {x1, y1}}, colour, width, dashed);
}

Panel& Panel::path(std::vector<std::pair<double, double>> corners, const std::string& colour, double width,
                   bool dashed) {
  Mark& mark = mark_like(marks, {MarkKind::kPath, colour, {}, width, dashed});
  if (!mark.at.empty()) {
    mark.breaks.push_back(mark.at.size());
  }
  mark.at.insert(mark.at.end(), corners.begin(), corners.end());
  return *this;
}

Panel& Panel::point(double x_at, double y_at, const std::string& colour, Shape shape, double size) {
  mark_like(marks, {MarkKind::kPoints, colour, {}, size, false, false, shape}).at.emplace_back(x_at, y_at);
  return *this;
}

Panel& Panel::sample(double x_at, double y_at, const std::string& colour, Shape shape, double size) {
  mark_like(marks, {MarkKind::kPoints, colour, {}, size, false, true, shape}).at.emplace_back(x_at, y_at);
  return *this;
}

double Panel::x_pixel(double value) const {
  return left + share(x, value) * (right - left);
}

double Panel::y_pixel(double value) const {
  return bottom - share(y, value) * (bottom - top);
}

std::vector<FigureText> figure_texts(const Canvas& canvas) {
  constexpr double kBold = 1.08;
  std::vector<FigureText> texts;
  for (const Words& words : canvas.words) {
    if (words.text.empty()) continue;
    const double width = text_width(words.text, words.size) * (words.bold ? kBold : 1);
    const double left = words.align == Align::kLeft     ? words.x
                        : words.align == Align::kCentre ? words.x - width / 2
                                                        : words.x - width;
    texts.push_back({words.text, left, words.y - words.size / 2, left + width, words.y + words.size / 2});
  }
  return texts;
}

std::vector<FigurePanel> figure_panels(const Canvas& canvas) {
  std::vector<FigurePanel> panels;
  for (const Panel& panel : canvas.panels) {
    FigurePanel& out = panels.emplace_back(FigurePanel{panel.x, panel.y, {}});
    for (const Mark& mark : panel.marks) {
      for (const auto& [x, y] : mark.at) {
        out.points.push_back({x, y, mark.samples});
      }
    }
  }
  return panels;
}

}  // namespace bench
