#pragma once

#include <optional>

#include "bench/report/charts/figures.h"

namespace bench {

// One chart each; nothing where the run has no data for it.

/// The median trial of every target, cut into its phases.
std::optional<Figure> phases_figure(const Run& run);
/// Every trial as a dot, with median and middle half; failures at the edge.
std::optional<Figure> trials_figure(const Run& run);
/// The trials in the order of time.
std::optional<Figure> rounds_figure(const Run& run);
/// The ratios that answer the claims.
std::optional<Figure> ratio_figure(const Run& run);
/// Every ratio there is, only where that is more.
std::optional<Figure> all_ratios_figure(const Run& run);
/// Sizes of the images, and where the bytes are.
std::optional<Figure> size_figure(const Run& run);
std::optional<Figure> size_parts_figure(const Run& run);
/// One instance's memory from several points of view, and what one more costs.
std::optional<Figure> memory_figure(const Run& run);
std::optional<Figure> marginal_figure(const Run& run);

}  // namespace bench
