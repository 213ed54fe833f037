#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/figures.h"

namespace bench {

/// A figure's way through the stored runs, oldest first.
struct Trend {
  std::string metric, unit;
  std::string name;  ///< what it is of: "docker", "libvirt:direct / docker"
  bool ratio = false;
  bool container = true;  ///< its colour
  struct Point {
    std::string started_at;
    double value = 0;
    std::optional<Interval> ci95;
  };
  std::vector<Point> points;
  std::vector<std::size_t> steps;  ///< indices of the first run after each change point
};

/// Median and interval over the runs, change points as vertical lines; nothing for no points.
std::optional<Figure> trend_figure(const Trend& trend);

}  // namespace bench
