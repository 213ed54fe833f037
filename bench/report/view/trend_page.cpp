#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "bench/base/lists.h"
#include "bench/base/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/trend.h"

namespace bench {
namespace {

std::string day_of(const std::string& started_at) {
  return one_line(started_at.substr(0, 10));  // "2026-01-31"
}

/// How many runs of which time; a run that has several figures is one.
std::string period(const std::vector<Trend>& trends) {
  std::set<std::pair<std::string, std::string>> runs;
  for (const Trend& trend : trends) {
    for (const Trend::Point& point : trend.points) runs.emplace(point.started_at, point.run);
  }
  if (runs.empty()) return "no runs";
  return fmt::format("{} from {} to {}", counted(std::ssize(runs), "run"), day_of(runs.begin()->first),
                     day_of(runs.rbegin()->first));
}

std::string step_sentence(const Trend& trend, const ChangePoint& step) {
  return fmt::format("{} of {} changed on {}: {}.", one_line(trend.metric), trend_name(trend),
                     day_of(trend.points[step.at].started_at), step_text(trend, step));
}

/// The latest change point of each line, the latest of all first.
std::vector<std::string> headlines_of(const std::vector<Trend>& trends) {
  std::vector<std::pair<std::string, std::string>> dated;
  for (const Trend& trend : trends) {
    if (trend.steps.empty()) continue;
    dated.emplace_back(trend.points[trend.steps.back().at].started_at,
                       step_sentence(trend, trend.steps.back()));
  }
  std::stable_sort(dated.begin(), dated.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr std::size_t kSides = 2;
  const std::size_t needed = kSides * ChangePointRules().shortest;
  if (std::all_of(trends.begin(), trends.end(),
                  [&](const Trend& trend) { return trend.points.size() < needed; })) {
    return {fmt::format("Too few runs to see a change point: a line needs {}.", needed)};
  }
  if (dated.empty()) return {"No change point: nothing has changed for good."};
  constexpr std::size_t kMost = 3;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < std::min(dated.size(), kMost); ++i) lines.push_back(dated[i].second);
  if (dated.size() > kMost) {
    lines.push_back(fmt::format("{} more lines have changed: see the change points.", dated.size() - kMost));
  }
  return lines;
}

/// A metric's lines, one after the other.
Section section_of(const std::string& metric, const std::vector<Trend>& trends) {
  Section section;
  section.title = metric;
  for (const Trend& trend : trends) {
    if (one_line(trend.metric) != metric) continue;
    const std::string name = trend_name(trend);
    if (trend.steps.empty()) section.bullets.emplace_back(fmt::format("{}: no change point", name));
    for (const ChangePoint& step : trend.steps) {
      const Trend::Point& first = trend.points[step.at];
      section.bullets.emplace_back(fmt::format("{}: {}, from {} on (run {})", name, step_text(trend, step),
                                               one_line(first.started_at), one_line(first.run)));
    }
    TextTable table = trend_table(trend);
    table.header.back() = "step";
    table.notes.clear();  // the bullets say it
    section.tables.push_back(std::move(table));
  }
  return section;
}

std::vector<Bullet> reading(const TrendPage& page) {
  std::vector<Bullet> notes = {
      "A dot of a chart, a row of a table: the median of a run and its 95 % interval (n: rounds that were "
      "measured).",
      "A change point is where the runs after it differ from those before: E-Divisive with a permutation "
      "test "
      "at 1 %. It is seen five runs after it happened, and it knows no cause. Before and after: the medians "
      "of "
      "the runs up to it and from it on, as far as the next one.",
      "A line goes on only while its conditions are the same: host, versions of the engine, limits. The app, "
      "its image and its dependencies may change: they are what is watched."};
  if (page.other_lines > 0) {
    notes.emplace_back(
        fmt::format("Left out: {} under earlier conditions.", counted(page.other_lines, "line")));
  }
  if (page.last > 0) {
    notes.emplace_back(
        fmt::format("Of each line the latest {} runs at most; all of them: --last 0.", page.last));
  }
  return notes;
}

}  // namespace

Document trend_document(const std::vector<Trend>& trends, const TrendPage& page) {
  std::vector<std::string> metrics;
  for (const Trend& trend : trends) add_once(metrics, one_line(trend.metric));
  Document document;
  document.title = "Containers and VMs: the trend";
  document.subtitle = fmt::format("{} · {}", period(trends), fmt::join(metrics, ", "));
  document.headlines = headlines_of(trends);
  if (TextTable steps = steps_table(trends); !steps.rows.empty()) {
    document.sections.push_back({"steps", "Change points", {"The latest first."}, {}, {std::move(steps)}});
  }
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    document.sections.push_back(section_of(metrics[i], trends));
    document.sections.back().id = fmt::format("metric-{}", i + 1);
  }
  document.sections.push_back({"reading", "How to read this page", {}, reading(page), {}, false, true});
  document.source = fmt::format("A function of the stored runs in {}", one_line(page.directory));
  return document;
}

}  // namespace bench
