#include "bench/report/charts/figures.h"

#include <iterator>
#include <optional>

#include "bench/report/charts/charts.h"

namespace bench {

std::vector<Figure> figures(const Run& run) {
  std::vector<Figure> all;
  const auto add = [&](std::optional<Figure> figure) {
    if (figure) all.push_back(*std::move(figure));
  };
  std::vector<Figure> ratios = ratio_figures(run);
  add(phases_figure(run));
  add(trials_figure(run));
  if (!ratios.empty()) all.push_back(std::move(ratios.front()));
  add(size_figure(run));
  add(size_parts_figure(run));
  add(memory_figure(run));
  add(marginal_figure(run));
  add(rounds_figure(run));
  std::move(ratios.empty() ? ratios.end() : ratios.begin() + 1, ratios.end(), std::back_inserter(all));
  return all;
}

}  // namespace bench
