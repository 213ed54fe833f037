#include "bench/report/figures.h"

#include <iterator>
#include <optional>

#include "bench/report/figures_charts.h"

namespace bench {

std::vector<Figure> figures(const Run& run) {
  std::vector<Figure> all;
  const auto add = [&](std::optional<Figure> figure) {
    if (figure) all.push_back(*std::move(figure));
  };
  add(phases_figure(run));
  add(trials_figure(run));
  return all;
}

}  // namespace bench
