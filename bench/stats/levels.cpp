#include "bench/stats/levels.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "bench/stats/changepoint.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr std::size_t kShortestLevel = 3;
constexpr std::size_t kBesideAStep = 5;

/// Deviations from their own median, brought to the scale of `centre`.
void add_deviations(std::span<const double> values, double centre, std::vector<double>& deviations) {
  const double own = median(values);
  const double scale = own == 0 ? 1 : std::abs(centre / own);
  for (const double value : values) deviations.push_back(std::abs(value - own) * scale);
}

}  // namespace

Level last_level(std::span<const double> values, const LevelRules& rules) {
  const std::size_t looked_at = std::min(values.size(), 2 * rules.window);
  const std::size_t skipped = values.size() - looked_at;
  ChangePointRules steps;
  steps.shortest = kShortestLevel;
  std::size_t before = 0, from = 0;
  for (const ChangePoint& point : change_points(values.last(looked_at), steps)) {
    before = from;
    from = point.at;
  }
  Level level;
  level.after_step = from > 0;
  level.from = skipped + std::max(from, looked_at - std::min(looked_at, rules.window));
  const std::span<const double> own = values.subspan(level.from);
  level.runs = static_cast<int>(own.size());
  level.centre = median(own);
  std::vector<double> deviations;
  add_deviations(own, level.centre, deviations);
  if (level.after_step && own.size() < rules.enough) {
    add_deviations(values.subspan(skipped + before, from - before), level.centre, deviations);
  }
  level.spread = kMadToDeviation * median(deviations);
  return level;
}

double error_of_median(std::size_t runs) {
  return runs < 2 ? 1 : std::sqrt(std::numbers::pi / 2 / static_cast<double>(runs));
}

bool is_abrupt(std::span<const double> values, std::size_t from, double threshold) {
  if (from == 0 || from >= values.size()) return false;
  const std::size_t before = std::min(from, kBesideAStep);
  const double left = median(values.subspan(from - before, before));
  const double right = median(values.subspan(from, std::min(values.size() - from, kBesideAStep)));
  return std::abs(right - left) > threshold * std::abs(left);
}

}  // namespace bench
