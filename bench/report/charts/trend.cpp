#include "bench/report/charts/trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "bench/base/text.h"
#include "bench/report/charts/style.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

constexpr double kPlotHeight = 240;
constexpr double kLeftRoom = 46;
constexpr std::size_t kCharsOfDate = 10;  ///< "2026-01-31"
constexpr std::size_t kCharsOfTime = 5;   ///< "03:15"

/// Short enough for the canvas.
std::string title_of(const Trend& trend) {
  const std::string target = shorten_middle(one_line(trend.target), kNameWidth);
  return fmt::format(
      "{} of {}", shorten_middle(one_line(trend.metric), kNameWidth),
      trend.ratio() ? target + " / " + shorten_middle(one_line(trend.against), kNameWidth) : target);
}

std::string date_of(const Trend::Point& point) {
  return point.started_at.substr(0, kCharsOfDate);
}

bool in_one_day(const Trend& trend) {
  return trend.points.size() > 1 && date_of(trend.points.front()) == date_of(trend.points.back());
}

/// Dates below a few of the runs, or times of the day where all are of one; the runs themselves stand at
/// equal distances.
std::vector<Tick> time_ticks(const Trend& trend) {
  std::vector<Tick> ticks;
  const bool one_day = in_one_day(trend);
  const std::size_t every = std::max<std::size_t>(1, (trend.points.size() + 5) / 6);
  for (std::size_t i = 0; i < trend.points.size(); i += every) {
    const std::string& at = trend.points[i].started_at;
    const bool has_time = at.size() >= kCharsOfDate + 1 + kCharsOfTime;
    ticks.push_back({static_cast<double>(i + 1), one_day && has_time
                                                     ? at.substr(kCharsOfDate + 1, kCharsOfTime)
                                                     : date_of(trend.points[i])});
  }
  return ticks;
}

double level(const Trend& trend, std::size_t from, std::size_t to) {
  std::vector<double> values;
  for (std::size_t i = from; i < to; ++i) values.push_back(trend.points[i].value);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Interval as a thin line, median as a dot, level between the steps dashed.
void add_runs(Panel& panel, const Trend& trend, const std::string& colour) {
  std::vector<std::size_t> ends;
  for (const ChangePoint& step : trend.steps) ends.push_back(step.at);
  ends.push_back(trend.points.size());
  std::size_t from = 0;
  for (const std::size_t to : ends) {
    const double middle = level(trend, from, to);
    panel.line(static_cast<double>(from) + 0.5, middle, static_cast<double>(to) + 0.5, middle, kGrey, 1,
               true);
    from = to;
  }
  for (const ChangePoint& step : trend.steps) {
    const double x = static_cast<double>(step.at) + 0.5;
    panel.line(x, panel.y.low, x, panel.y.high, kBlack, 1.6);
  }
  for (std::size_t i = 0; i < trend.points.size(); ++i) {
    const Trend::Point& point = trend.points[i];
    const double x = static_cast<double>(i + 1);
    if (point.ci95) panel.line(x, point.ci95->low, x, point.ci95->high, lighter(colour, 0.4), 1.4);
  }
  for (std::size_t i = 0; i < trend.points.size(); ++i) {
    panel.sample(static_cast<double>(i + 1), trend.points[i].value, colour, Shape::kDot, 0.55);
  }
}

std::string spoken_trend(const Trend& trend, const std::string& title) {
  const auto& points = trend.points;
  std::string alt =
      fmt::format("{} in {} from {} to {}: first {}, last {}.", title,
                  counted(static_cast<long long>(points.size()), "run"), one_line(points.front().started_at),
                  one_line(points.back().started_at), trend_value(trend, points.front().value),
                  trend_value(trend, points.back().value));
  for (const ChangePoint& step : trend.steps) {
    alt += fmt::format(" A step before the run of {}: {}.", one_line(points[step.at].started_at),
                       step_text(trend, step));
  }
  return alt;
}

}  // namespace

std::optional<Figure> trend_figure(const Trend& trend) {
  if (trend.points.empty()) return std::nullopt;
  std::vector<double> values;
  for (const Trend::Point& point : trend.points) {
    values.push_back(point.value);
    if (point.ci95) values.insert(values.end(), {point.ci95->low, point.ci95->high});
  }
  const std::string title = fmt::format("{} of {}", one_line(trend.metric), trend_name(trend));
  auto [canvas, y] =
      headed(title_of(trend),
             fmt::format("{} in the order of time; dot: median, line: 95 % interval; dashed: level; "
                         "upright: change point",
                         counted(static_cast<long long>(trend.points.size()), "run")));
  y += 14;  // the unit stands above its axis
  Panel panel{kEdge + kLeftRoom,
              y,
              canvas.width - kEdge,
              y + kPlotHeight,
              {0.5, static_cast<double>(trend.points.size()) + 0.5, false},
              axis_over(values, wants_log(values))};
  const Scale scale = trend.ratio() ? Scale{1, "×"} : readable_scale(trend.unit, values);
  panel.y_ticks = trend.ratio() ? ratio_ticks_on(panel.y, 6) : ticks_on(panel.y, scale, 6);
  panel.x_ticks = time_ticks(trend);
  panel.x_title = in_one_day(trend) ? "run, by its time of day (UTC)" : "run";
  canvas.words.push_back(
      {panel.left, y - 11, trend.ratio() ? to_text(Unit::kRatio) : scale.unit, Align::kLeft, kBlack, 12});
  add_runs(panel, trend, family_colour(trend.family, 0));
  canvas.panels.push_back(panel);
  std::string id = "trend-" + trend.metric + "-" + trend_name(trend);
  for (char& c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain) c = '-';
  }
  return finished(
      id, title, canvas, panel.bottom, spoken_trend(trend, title),
      "Each dot is the median of a run, with its 95 % interval. Upright lines are change points: from "
      "there on the runs differ from those before (E-Divisive, permutation test at 1 %).");
}

std::vector<Figure> trend_figures(const std::vector<Trend>& trends) {
  std::vector<Figure> figures;
  std::set<std::string> taken;
  for (const Trend& trend : trends) {
    std::optional<Figure> figure = trend_figure(trend);
    if (!figure) continue;
    const std::string id = figure->id;  // "a@b" and "a:b" have the same
    for (int again = 2; !taken.insert(figure->id).second; ++again) {
      figure->id = fmt::format("{}-{}", id, again);
    }
    figures.push_back(*std::move(figure));
  }
  return figures;
}

}  // namespace bench
