#include "bench/report/charts/figures.h"

#include <iterator>
#include <optional>
#include <utility>

#include "bench/report/charts/charts.h"

namespace bench {
namespace {

Chart one(std::optional<Figure> (*chart)(const Run&)) {
  return [chart](const Run& run) {
    std::optional<Figure> figure = chart(run);
    return figure ? std::vector<Figure>{*std::move(figure)} : std::vector<Figure>();
  };
}

/// The order is that in which people should look at them.
std::vector<Chart>& chart_table() {
  static std::vector<Chart> charts = {
      one(phases_figure),   one(trials_figure),     one(ratio_figure),
      one(size_figure),     one(size_parts_figure), one(memory_figure),
      one(marginal_figure), one(rounds_figure),     one(all_ratios_figure),
  };
  return charts;
}

}  // namespace

void add_chart(Chart chart) {
  chart_table().push_back(std::move(chart));
}

std::vector<Figure> figures(const Run& run) {
  std::vector<Figure> all;
  for (const Chart& chart : chart_table()) {
    std::vector<Figure> some = chart(run);
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace bench
