#include "bench/report/view/trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "bench/base/text.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

std::string interval_text(const Trend& trend, const Trend::Point& point) {
  if (!point.ci95) return "–";
  if (trend.ratio()) return ratio_bracket(*point.ci95);
  const std::vector<double> one{point.value};
  return bracket(*point.ci95, scale_for(trend.unit, one));
}

/// "+20 %"; "" where there is nothing to be a share of.
std::string change_text(const ChangePoint& step) {
  if (step.before == 0) return {};
  const double share = step.after / step.before - 1;
  return (share < 0 ? "-" : "+") + percent_text(std::abs(share));
}

}  // namespace

std::string trend_name(const Trend& trend) {
  const std::string of = trend.ratio() ? trend.target + " / " + trend.against : trend.target;
  return one_line(trend.host.empty() ? of : of + " on " + trend.host);
}

std::string trend_value(const Trend& trend, double value) {
  if (trend.ratio()) return ratio_text(value);
  const std::vector<double> one{value};
  return with_unit(value, scale_for(trend.unit, one));
}

std::string step_text(const Trend& trend, const ChangePoint& step) {
  const std::string change = change_text(step);
  return fmt::format("{} → {}{}", trend_value(trend, step.before), trend_value(trend, step.after),
                     change.empty() ? "" : " (" + change + ")");
}

TextTable trend_table(const Trend& trend) {
  TextTable table;
  table.title = fmt::format("{} of {}, {}", one_line(trend.metric), trend_name(trend),
                            counted(std::ssize(trend.points), "run"));
  table.header = {"started", "run", "median", "95 % interval", "n", ""};
  table.align = "llrrrl";
  for (const Trend::Point& point : trend.points) {
    table.rows.push_back({one_line(point.started_at), one_line(point.run), trend_value(trend, point.value),
                          interval_text(trend, point), std::to_string(point.n),
                          point.usable ? "" : "not a baseline: interrupted, or too many failures"});
  }
  for (const ChangePoint& step : trend.steps)
    table.rows[step.at].back() = "◄ step: " + step_text(trend, step);
  table.notes.push_back(trend.steps.empty() ? "no change point"
                                            : counted(std::ssize(trend.steps), "change point"));
  return table;
}

TextTable steps_table(const std::vector<Trend>& trends) {
  TextTable table;
  table.header = {"metric", "of", "before", "after", "change", "from", "run"};
  table.align = "llrrrll";
  for (const Trend& trend : trends) {
    for (const ChangePoint& step : trend.steps) {
      const Trend::Point& first = trend.points[step.at];
      const std::string change = change_text(step);
      table.rows.push_back({one_line(trend.metric), trend_name(trend), trend_value(trend, step.before),
                            trend_value(trend, step.after), change.empty() ? "–" : change,
                            one_line(first.started_at), one_line(first.run)});
    }
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const auto& a, const auto& b) { return a[5] > b[5]; });
  return table;
}

}  // namespace bench
