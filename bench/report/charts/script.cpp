#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "bench/report/charts/scene.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

constexpr const char* kGrid = "#dddddd";
constexpr const char* kAxis = "#555555";
constexpr const char* kTickText = "#333333";

/// A single-quoted string of gnuplot: nothing in it has a meaning but the quote itself, which is doubled.
/// Together with `noenhanced` the text comes out as it is.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : one_line(text)) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

/// gnuplot's number for it.
int point_type(Shape shape) {
  static const std::map<Shape, int> types = {
      {Shape::kDot, 7},      {Shape::kRing, 6},           {Shape::kSquare, 5},
      {Shape::kTriangle, 9}, {Shape::kDiamond, 13},       {Shape::kDownTriangle, 11},
      {Shape::kCross, 2},    {Shape::kHollowDiamond, 12}, {Shape::kTick, 1}};
  return types.at(shape);
}

/// A point's size that looks like its neighbours': gnuplot's triangles and diamonds are larger.
double point_size(const Mark& mark) {
  const bool large = mark.shape == Shape::kTriangle || mark.shape == Shape::kDownTriangle ||
                     mark.shape == Shape::kDiamond || mark.shape == Shape::kHollowDiamond;
  return mark.size * (large ? 1.15 : mark.shape == Shape::kSquare ? 0.88 : 1);
}

class Script {
 public:
  explicit Script(const Canvas& canvas) : canvas_(canvas) {}

  std::string text() {
    out_ = "set encoding utf8\nset termoption noenhanced\nunset key\nset multiplot\n";
    for (const Swatch& swatch : canvas_.swatches) {
      add("set object rectangle from screen {},{} to screen {},{} fillstyle solid 1 noborder "
          "fillcolor rgb '{}'\n",
          across(swatch.x), up(swatch.y + swatch.height), across(swatch.x + swatch.width), up(swatch.y),
          swatch.colour);
    }
    for (std::size_t i = 0; i < canvas_.panels.size(); ++i) {
      if (i + 1 == canvas_.panels.size()) add_words();  // above all that is drawn
      add_panel(canvas_.panels[i]);
    }
    out_ += "unset multiplot\n";
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  [[nodiscard]] double across(double x) const { return x / canvas_.width; }
  [[nodiscard]] double up(double y) const { return 1 - y / canvas_.height; }

  void add_words() {
    for (const Words& words : canvas_.words) {
      const char* align = words.align == Align::kLeft     ? "left"
                          : words.align == Align::kCentre ? "center"
                                                          : "right";
      add("set label {} at screen {},{} {} font 'sans-serif{},{}' textcolor rgb '{}' noenhanced front\n",
          quoted(words.text), across(words.x), up(words.y), align, words.bold ? ":Bold" : "", words.size,
          words.colour);
    }
  }

  void add_axis(const char* axis, const FigureAxis& range, const std::vector<Tick>& ticks,
                const std::string& title) {
    add("{} logscale {}\n", range.log ? "set" : "unset", axis);
    add("set {}range [{:.17g}:{:.17g}]\n", axis, range.low, range.high);
    if (ticks.empty()) {
      add("unset {}tics\n", axis);
    } else {
      add("set {}tics nomirror out scale 0.5,0 offset 0,{} textcolor rgb '{}' font 'sans-serif,11' (", axis,
          *axis == 'x' ? 0.3 : 0.0, kTickText);
      for (std::size_t i = 0; i < ticks.size(); ++i) {
        add("{}{} {:.17g}", i == 0 ? "" : ", ", quoted(ticks[i].label), ticks[i].at);
      }
      out_ += ")\n";
    }
    add("set {}label {} noenhanced offset 0,{} font 'sans-serif,12' textcolor rgb '{}'\n", axis,
        quoted(title), *axis == 'x' ? 0.4 : 0.0, kTickText);
  }

  void add_panel(const Panel& panel) {
    add("set lmargin at screen {}\nset rmargin at screen {}\nset tmargin at screen {}\nset bmargin at screen "
        "{}\n",
        across(panel.left), across(panel.right), up(panel.top), up(panel.bottom));
    add_axis("x", panel.x, panel.x_ticks, panel.x_title);
    add_axis("y", panel.y, panel.y_ticks, panel.y_title);
    add("set border {} linecolor rgb '{}' linewidth 1.2\n",
        !panel.frame            ? 0
        : panel.x_ticks.empty() ? 2
                                : 3,
        kAxis);
    add("set grid {} {} back linetype 1 linecolor rgb '{}' linewidth 0.8\n",
        panel.x_ticks.empty() ? "noxtics" : "xtics", panel.y_ticks.empty() ? "noytics" : "ytics", kGrid);
    std::string plot;
    for (const Mark& mark : panel.marks) {
      plot += (plot.empty() ? "plot " : ", ") + add_mark(mark);
    }
    out_ += plot.empty() ? "plot NaN\n" : plot + "\n";
    out_ += "unset label\nunset object\n";  // of the canvas: drawn once
  }

  /// Writes the data, and returns what plots them.
  std::string add_mark(const Mark& mark) {
    const std::string name = fmt::format("$data{}", ++blocks_);
    add("{} << END\n", name);
    std::size_t next_break = 0;
    for (std::size_t i = 0; i < mark.at.size(); ++i) {
      const auto& [x, y] = mark.at[i];
      if (mark.kind == MarkKind::kBar) {
        if (i % 2 == 0) {
          add("{:.17g} {:.17g} {:.17g} {:.17g}\n", x, mark.at[i + 1].first, y, mark.at[i + 1].second);
        }
        continue;
      }
      if (next_break < mark.breaks.size() && mark.breaks[next_break] == i) {
        out_ += "\n";
        ++next_break;
      }
      // All digits: a point on an axis' limit must not be rounded to beyond it, where gnuplot drops it.
      add("{:.17g} {:.17g}\n", x, y);
    }
    out_ += "END\n";
    switch (mark.kind) {
      case MarkKind::kBar:
        return fmt::format(
            "{} using 1:3:1:2:3:4 with boxxyerror fillstyle solid 1 {} linewidth 1 fillcolor rgb '{}'", name,
            mark.edge.empty() ? std::string("noborder") : fmt::format("border rgb '{}'", mark.edge),
            mark.colour);
      case MarkKind::kPath:
        return fmt::format("{} using 1:2 with lines linecolor rgb '{}' linewidth {}{}", name, mark.colour,
                           mark.size, mark.dashed ? " dashtype (6,5)" : " dashtype 1");
      case MarkKind::kPoints:
        break;
    }
    return fmt::format(
        "{} using 1:2 with points pointtype {} pointsize {:.3g} linewidth 1.2 linecolor rgb '{}'", name,
        point_type(mark.shape), point_size(mark), mark.colour);
  }

  const Canvas& canvas_;
  std::string out_;
  int blocks_ = 0;
};

}  // namespace

std::string gnuplot_script(const Canvas& canvas) {
  return Script(canvas).text();
}

}  // namespace bench
