#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "bench/report/charts/charts.h"
#include "bench/report/charts/style.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr double kTrialRow = 64;   // pixels of a target's row
constexpr double kBoxHalf = 0.15;  // of a row
constexpr double kStripHalf = 0.16;
constexpr double kGoldenRatio = 0.6180339887498949;
constexpr std::size_t kMarksAtMost = 5;
constexpr double kCrossStep = 14;  // pixels
constexpr double kArrowStep = 18;

struct Failed {
  std::vector<const Failure*> other, censored;
  [[nodiscard]] bool none() const { return other.empty() && censored.empty(); }

  [[nodiscard]] double marks_width() const {
    return kCrossStep * static_cast<double>(std::min(other.size(), kMarksAtMost)) +
           kArrowStep * static_cast<double>(std::min(censored.size(), kMarksAtMost)) + 12;
  }

  /// "1 failed, 2 > 120 s"
  [[nodiscard]] std::string text() const {
    std::string words = other.empty() ? "" : fmt::format("{} failed", other.size());
    std::map<double, int> limits;
    for (const Failure* failure : censored) ++limits[*failure->censored_at];
    for (const auto& [limit, count] : limits) {
      words += fmt::format("{}{} > {}", words.empty() ? "" : ", ", count, value_text(limit, Unit::kSeconds));
    }
    return words;
  }
};

Failed failed_of(const Run& run, const std::string& scenario, const std::string& target) {
  Failed failed;
  for (const Failure& failure : run.failures) {
    if (!failure.warmup && failure.scenario == scenario && failure.target == target) {
      (failure.censored_at ? failed.censored : failed.other).push_back(&failure);
    }
  }
  return failed;
}

/// Median, middle half and whiskers to the least and the largest value where the dots are left out.
void add_box(Panel& panel, const Series& series, double middle, bool whiskers) {
  const double low = quantile(series.values, 0.25);
  const double high = quantile(series.values, 0.75);
  const double centre = median(series.values);
  if (whiskers) {
    const auto [least, most] = std::minmax_element(series.values.begin(), series.values.end());
    panel.line(*least, middle, *most, middle, series.look.colour, 1.2);
  }
  panel.bar(low, high, middle - kBoxHalf, middle + kBoxHalf, series.look.tint, series.look.colour);
  panel.line(centre, middle - kBoxHalf + 0.015, centre, middle + kBoxHalf - 0.015, series.look.colour, 2.6);
}

/// The dots are spread over the strip's height by their number, which says nothing but keeps them apart.
void add_strip(Panel& panel, const Series& series, double middle, bool outliers_only) {
  std::vector<bool> outlier(series.values.size(), false);
  for (const std::size_t i : outliers(series.values)) outlier[i] = true;
  for (const bool rings : {false, true}) {
    if (!rings && outliers_only) continue;
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      if (outlier[i] != rings) continue;
      const double turn = std::fmod(static_cast<double>(i + 1) * kGoldenRatio, 1.0);
      panel.sample(series.values[i], middle + (2 * turn - 1) * kStripHalf, series.look.colour,
                   rings ? Shape::kRing : Shape::kDot, rings ? 0.75 : 0.5);
    }
  }
}

/// Crosses for failures and arrows for what took longer than it was waited for; its unit is the pixel.
void add_failure_marks(Panel& lane, const Failed& failed, double middle) {
  double x = 8;
  for (std::size_t i = 0; i < std::min(failed.other.size(), kMarksAtMost); ++i, x += kCrossStep) {
    lane.point(x, middle, kBlack, Shape::kCross, 0.7);
  }
  for (std::size_t i = 0; i < std::min(failed.censored.size(), kMarksAtMost); ++i, x += kArrowStep) {
    lane.line(x - 5, middle, x + 7, middle, kBlack, 1.5);
    lane.path({{x + 2, middle + 0.06}, {x + 7, middle}, {x + 2, middle - 0.06}}, kBlack, 1.5);
  }
}

std::string spoken_trials(const Run& run, const Subject& subject, const Series& series,
                          const Failed& failed) {
  std::string text = series.look.name + ": ";
  if (const Summary* summary =
          find_summary(run, subject.scenario, series.look.target->name, subject.metric)) {
    text += fmt::format("median {}, from {} to {}, n = {}", median_text(*summary),
                        value_text(summary->min, summary->unit), value_text(summary->max, summary->unit),
                        summary->n);
    if (summary->outliers > 0) text += fmt::format(", {} flagged as outliers", summary->outliers);
  } else {
    text += "no valid trial";
  }
  return text + (failed.none() ? "." : ", " + failed.text() + ".");
}

/// A row per target that was tried.
struct TrialRows {
  struct Row {
    Series series;
    Failed failed;
  };
  std::vector<Row> rows;
  std::vector<std::string> names;
  std::vector<double> values;
  double lane_width = 0;  ///< pixels right of the panel for what failed
  std::size_t outlier_count = 0;

  [[nodiscard]] bool dots() const { return values.size() <= kDotsAtMost; }
  [[nodiscard]] bool rings() const { return outlier_count <= kDotsAtMost; }
};

TrialRows trial_rows(const Run& run, const Subject& subject) {
  TrialRows all;
  for (Series& series : series_of(run, subject.scenario, subject.metric)) {
    Failed failed = failed_of(run, subject.scenario, series.look.target->name);
    if (series.values.empty() && failed.none()) continue;
    all.values.insert(all.values.end(), series.values.begin(), series.values.end());
    all.names.push_back(series.look.name);
    if (!series.values.empty()) all.outlier_count += outliers(series.values).size();
    if (!failed.none()) {
      all.lane_width = std::max({all.lane_width, text_width(failed.text(), 11) + 12, failed.marks_width()});
    }
    all.rows.push_back({std::move(series), std::move(failed)});
  }
  return all;
}

std::string trials_subtitle(const TrialRows& all, bool log) {
  std::string what = "thick bar: median; box: middle half; ";
  if (all.dots()) {
    what += "one dot per trial; ring: outlier, kept in every number";
  } else {
    what += fmt::format("line: least to largest of {} trials, too many for a dot each", all.values.size());
    what += all.rings() ? "; ring: outlier" : fmt::format(", as are the {} outliers", all.outlier_count);
  }
  return what + (log ? "; log scale" : "");
}

/// A target's box and dots in the row below `top`, with its median in words.
void add_trials(Canvas& canvas, Panel& panel, const Series& series, const Summary* summary, double top,
                const TrialRows& all) {
  const bool strip = all.dots() || all.rings();
  const double box = top - (strip ? 0.3 : 0.5);
  add_box(panel, series, box, !all.dots());
  if (strip) add_strip(panel, series, top - 0.7, !all.dots());
  const std::string text = summary == nullptr ? "" : median_text(*summary);
  const double right = panel.x_pixel(quantile(series.values, 0.75)) + 8;
  const bool fits = right + text_width(text, 12) < panel.right;
  canvas.words.push_back({fits ? right : panel.x_pixel(quantile(series.values, 0.25)) - 8, panel.y_pixel(box),
                          text, fits ? Align::kLeft : Align::kRight});
  if (!all.dots()) canvas.words.back().y -= kTrialRow * (kBoxHalf + 0.05);
}

}  // namespace

std::optional<Figure> trials_figure(const Run& run) {
  const std::optional<Subject> subject = subject_of(run);
  if (!subject) return std::nullopt;
  const TrialRows all = trial_rows(run, *subject);
  if (all.values.empty()) return std::nullopt;

  const bool log = wants_log(all.values);
  const std::string title = subject->title + ", every trial";
  auto [canvas, y] = headed(
      title, subtitle(run, trials_subtitle(all, log), rounds_text(run, subject->scenario, subject->metric)));
  const auto count = static_cast<double>(all.rows.size());
  Panel panel{names_room(all.names),
              y,
              canvas.width - kEdge - (all.lane_width > 0 ? all.lane_width + 14 : 0),
              y + kTrialRow * count,
              axis_over(all.values, log),
              {0, count, false}};
  const Scale scale = readable_scale(subject->unit, all.values);
  panel.x_ticks = ticks_on(panel.x, scale, 9);
  panel.x_title = fmt::format("{} ({})", subject->axis, scale.unit);
  Panel lane{
      panel.right + 14, panel.top, canvas.width - kEdge, panel.bottom, {0, std::max(all.lane_width, 1.0)},
      panel.y};
  lane.frame = false;

  std::string alt = fmt::format("Box and strip chart of {}, one row per target.", subject->axis);
  double top = count;
  for (const auto& [series, failed] : all.rows) {
    canvas.words.push_back({panel.left - 10, panel.y_pixel(top - 0.5), series.look.name, Align::kRight});
    if (!series.values.empty()) {
      add_trials(canvas, panel, series,
                 find_summary(run, subject->scenario, series.look.target->name, subject->metric), top, all);
    }
    if (!failed.none()) {
      canvas.words.push_back(
          {lane.left + 2, lane.y_pixel(top - 0.32), failed.text(), Align::kLeft, kBlack, 11});
      add_failure_marks(lane, failed, top - 0.62);
    }
    alt += " " + spoken_trials(run, *subject, series, failed);
    --top;
  }
  canvas.panels.push_back(panel);
  if (all.lane_width > 0) canvas.panels.push_back(lane);
  return finished_with_note(
      run, subject->scenario + "-trials", title, canvas, panel.bottom, alt,
      subject->title +
          " of every trial, warm-up left out. The thick bar is the median, the box the middle half. "
          "Failed trials (cross) and trials that were given up waiting for (arrow) are no samples; "
          "they stand at the right edge where there are any.");
}

}  // namespace bench
