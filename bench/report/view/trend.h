#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/view/document.h"
#include "bench/report/view/view.h"
#include "bench/stats/changepoint.h"

namespace bench {

/// A figure's way through the stored runs, oldest first.
struct Trend {
  std::string metric;
  Unit unit = Unit::kNone;
  std::string target;
  std::string against;             ///< of a ratio: the target that is divided by; else empty
  std::string host;                ///< where lines of several hosts are shown; else empty
  Kind family = Kind::kContainer;  ///< of the target, which gives the line its colour
  struct Point {
    std::string started_at;
    std::string run;  ///< the directory's name
    int n = 0;
    double value = 0;
    std::optional<Interval> ci95;
    bool usable = true;  ///< as a baseline
  };
  std::vector<Point> points;
  std::vector<ChangePoint> steps;  ///< indices of points

  [[nodiscard]] bool ratio() const { return !against.empty(); }
};

/// What it is of: "docker", "libvirt:direct / docker". Harmless.
std::string trend_name(const Trend& trend);
/// "0.613 s"; of a ratio "19×".
std::string trend_value(const Trend& trend, double value);
/// "500 ms → 600 ms (+20 %)"
std::string step_text(const Trend& trend, const ChangePoint& step);

/// A row per run, the change points marked in the last column.
TextTable trend_table(const Trend& trend);
/// A row per change point of all of them, the latest first.
TextTable steps_table(const std::vector<Trend>& trends);

/// What a page says besides the lines themselves.
struct TrendPage {
  std::string directory;        ///< of the history, as the user typed it
  std::size_t last = 0;         ///< how many runs a line shows at most; 0: all
  std::size_t other_lines = 0;  ///< that were left out, since their conditions are not the latest ones
};

/// The page of `bench trend`: where something changed first, then a section per metric with
/// the runs of its lines.
Document trend_document(const std::vector<Trend>& trends, const TrendPage& page);

}  // namespace bench
