#pragma once

#include <optional>
#include <vector>

#include "bench/report/charts/figures.h"
#include "bench/report/view/trend.h"

namespace bench {

/// Median and interval over the runs, change points as vertical lines; nothing for no points.
std::optional<Figure> trend_figure(const Trend& trend);

/// Those of several lines, each with an id of its own.
std::vector<Figure> trend_figures(const std::vector<Trend>& trends);

}  // namespace bench
