#include "bench/history/earlier_levels.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace bench {
namespace {

constexpr int kDaysAgo = 90;

/// "2026-05-31T02:00:00Z", 90 days earlier in the same form; empty for what is no date.
std::string days_before(const std::string& rfc3339, int days) {
  std::tm time{};
  const char* end = strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
  if (end == nullptr || *end != '\0') return {};
  const std::time_t then = timegm(&time) - static_cast<std::time_t>(days) * 24 * 3600;
  std::tm utc{};
  if (gmtime_r(&then, &utc) == nullptr) return {};
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

const FigureRow* same_figure(const std::vector<FigureRow>& figures, const FigureRow& row) {
  const auto found = std::find_if(figures.begin(), figures.end(), [&](const FigureRow& other) {
    return other.scenario == row.scenario && other.metric == row.metric && other.target == row.target &&
           other.against.empty() && other.conditions == row.conditions && other.usable;
  });
  return found == figures.end() ? nullptr : &*found;
}

}  // namespace

EarlierLevels::EarlierLevels(const History& history, const Run& run, const std::vector<PinnedRun>& pins)
    : history_(history), run_(run), long_ago_(days_before(run.started_at, kDaysAgo)) {
  for (const PinnedRun& pin : pins) {
    if (pin.run.run_id != run.run_id && pin.run.started_at < run.started_at) {
      pins_.push_back({&pin, figures_of(pin.run)});
    }
  }
}

std::vector<GateReference> EarlierLevels::of(const FigureRow& row, const SeriesKey& key,
                                             const GateFinding& finding, const GateRules& rules) const {
  std::vector<GateReference> references;
  if (!row.against.empty() || !finding.limits || !finding.series.current) return references;
  const auto judge = [&](std::string name, std::span<const double> then) {
    references.push_back(judge_level(finding, then, rules));
    references.back().name = std::move(name);
  };
  for (const PinnedFigures& pinned : pins_) {
    const FigureRow* figure = same_figure(pinned.figures, row);
    if (figure == nullptr) continue;
    judge("the pin " + pinned.pin->name, std::span(&figure->value, 1));
    if (pinned.pin->run.started_at > long_ago_) return references;
    break;
  }
  if (long_ago_.empty()) return references;
  const std::vector<SeriesPoint> points = history_.baseline(key, 2 * static_cast<std::size_t>(rules.window),
                                                            History::Before{long_ago_, run_.run_id});
  if (points.size() < static_cast<std::size_t>(rules.at_least)) return references;
  std::vector<double> then;
  for (const SeriesPoint& point : points) then.push_back(point.value);
  judge("90 days ago", then);
  return references;
}

}  // namespace bench
