#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/charts/figures.h"

namespace bench {

/// The figures of one report, each drawn at most once per image format however many reports show it. A figure
/// that cannot be drawn is left out everywhere and named in problems().
class Drawings {
 public:
  /// Image of a figure in "svg", "png" or "pdf"; throws Error.
  using Draw = std::function<std::string(const Figure&, const std::string& format)>;

  Drawings() = default;  ///< of a report without figures
  /// Without `draw` there are figures, but nothing that could draw them.
  Drawings(std::vector<Figure> figures, Draw draw);
  /// By gnuplot, where it is installed.
  static Drawings of(const Run& run);

  /// Draws ahead, several at a time, what will be asked for.
  void prepare(const std::vector<std::string>& formats);

  [[nodiscard]] const std::vector<Figure>& figures() const { return figures_; }
  [[nodiscard]] bool drawable() const { return draw_ != nullptr; }

  /// Empty where it could not be drawn.
  const std::string& image(const Figure& figure, const std::string& format);

  /// One line each: what could not be drawn and why.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<Figure> figures_;
  Draw draw_;
  std::map<std::pair<std::string, std::string>, std::string> images_;
  std::vector<std::string> problems_;
};

/// Where a figure's image lies, relative to the report: "charts/startup-ratio.svg".
std::string chart_path(const Figure& figure, const std::string& format);

}  // namespace bench
