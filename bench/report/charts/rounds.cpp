#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "bench/base/text.h"
#include "bench/report/charts/charts.h"
#include "bench/report/charts/style.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr double kRoundsHeight = 96;  // pixels of a target's panel
constexpr double kGap = 26;
constexpr double kSlices = 200;  // slices of time, where there are too many trials for a dot each

/// A trial's place in time: its round, and its place in the round. Round 1 is from 0.5 to 1.5.
double place_of(const Sample& sample, double places) {
  return sample.round + 0.5 + (std::clamp<double>(sample.position, 0, places - 1) + 0.5) / places;
}

void add_line(Panel& panel, const Series& series, double places) {
  std::vector<std::pair<double, double>> corners;
  for (const Sample* sample : series.samples) corners.emplace_back(place_of(*sample, places), sample->value);
  std::sort(corners.begin(), corners.end());
  panel.path(corners, lighter(series.look.colour, 0.45), 1.2);
  for (const auto& [x, y] : corners) panel.sample(x, y, series.look.colour, series.look.shape, 0.6);
}

/// Least to largest of each slice of time, and the line through the slices' medians.
void add_band(Panel& panel, const Series& series, double places) {
  std::map<int, std::vector<double>> slices;
  const double width = panel.x.high - panel.x.low;
  for (const Sample* sample : series.samples) {
    const double share = (place_of(*sample, places) - panel.x.low) / width;
    slices[static_cast<int>(std::clamp(share * kSlices, 0.0, kSlices - 1))].push_back(sample->value);
  }
  std::vector<std::pair<double, double>> medians;
  for (const auto& [slice, values] : slices) {
    const double x = panel.x.low + (slice + 0.5) / kSlices * width;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    panel.line(x, *low, x, *high, lighter(series.look.colour, 0.6), 2);
    medians.emplace_back(x, median(values));
  }
  panel.path(medians, series.look.colour, 1.8);
}

int last_round(const Run& run, const std::string& scenario) {
  int last = 0;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.scenario == scenario) last = std::max(last, sample.round);
  }
  for (const Failure& failure : run.failures) {
    if (!failure.warmup && failure.scenario == scenario) last = std::max(last, failure.round);
  }
  return last + 1;
}

std::string spoken_rounds(const Series& series, Unit unit) {
  const std::size_t half = series.values.size() / 2;
  if (half == 0) return fmt::format(" {}: {}.", series.look.name, value_text(series.values.front(), unit));
  std::vector<const Sample*> ordered = series.samples;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Sample* a, const Sample* b) { return a->round < b->round; });
  std::vector<double> early, late;
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    (i < half ? early : late).push_back(ordered[i]->value);
  }
  return fmt::format(" {}: median of the first half {}, of the second half {}.", series.look.name,
                     value_text(median(early), unit), value_text(median(late), unit));
}

/// How many trials a round has.
double places_in_round(const Run& run, const std::vector<Series>& all) {
  double places = static_cast<double>(run.targets.size());
  for (const Series& series : all) {
    for (const Sample* sample : series.samples) places = std::max(places, sample->position + 1.0);
  }
  return places;
}

/// Least and largest value of all targets as shares of each one's median, so that a panel's height says the
/// same of each.
Interval relative_range(const std::vector<Series>& all) {
  Interval range{1, 1};
  for (const Series& series : all) {
    const double middle = median(series.values);
    if (middle <= 0) continue;
    const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
    range.low = std::min(range.low, *low / middle);
    range.high = std::max(range.high, *high / middle);
  }
  return range;
}

/// The rounds in which a target's trial failed.
std::vector<int> failures_of(const Run& run, const Subject& subject, const Series& series) {
  std::vector<int> rounds;
  for (const Failure& failure : run.failures) {
    if (!failure.warmup && failure.scenario == subject.scenario &&
        failure.target == series.look.target->name) {
      rounds.push_back(failure.round);
    }
  }
  return rounds;
}

std::vector<Tick> round_ticks(int rounds) {
  std::vector<Tick> ticks;
  for (const Tick& tick : ticks_on({1, std::max<double>(rounds, 2), false}, {1, ""}, std::min(rounds, 12))) {
    if (tick.at > 1 && tick.at <= rounds && tick.at == std::floor(tick.at)) {
      ticks.push_back({tick.at, fmt::format("{:.0f}", tick.at)});
    }
  }
  ticks.insert(ticks.begin(), {1, "1"});
  return ticks;
}

/// What all panels of the figure share.
struct RoundsScene {
  int rounds = 0;
  double places = 1;  ///< trials of a round
  bool dots = true;
  bool log = false;
  Interval range{1, 1};  ///< of all values, as shares of each target's median
  Scale scale;
};

std::string rounds_subtitle(const RoundsScene& scene, std::size_t trials, std::size_t targets, bool failed) {
  std::string what = scene.dots ? "each trial at its place in time; dashed: the target's median"
                                : fmt::format(
                                      "line: median, band: least to largest of {} trials in {:.0f} slices of "
                                      "time; dashed: the target's median",
                                      trials, kSlices);
  if (failed) what += "; crosses: failed trials";
  if (targets > 1) what += "; the panels' heights are the same share of each median";
  return what + (scene.log ? "; log scale" : "");
}

/// One target's panel below `top`. `lost`: the rounds in which its trial failed.
Panel rounds_panel(const Canvas& canvas, double top, const Series& series, const RoundsScene& scene,
                   const std::vector<int>& lost, bool last) {
  const double middle = median(series.values);
  Panel panel{kEdge + 46, top, canvas.width - kEdge, top + kRoundsHeight, {0.5, scene.rounds + 0.5, false},
              {}};
  std::vector<double> span = series.values;
  if (middle > 0) span.insert(span.end(), {middle * scene.range.low, middle * scene.range.high});
  panel.y = axis_over(span, scene.log);
  panel.y_ticks = ticks_on(panel.y, scene.scale, 4);
  panel.x_ticks = round_ticks(scene.rounds);
  if (last) {
    panel.x_title = "round";
  } else {
    for (Tick& tick : panel.x_ticks) tick.label.clear();
  }
  panel.line(panel.x.low, middle, panel.x.high, middle, series.look.colour, 1, true);
  scene.dots ? add_line(panel, series, scene.places) : add_band(panel, series, scene.places);
  // A failure has no value: it stands below the curve, at the panel's edge.
  for (const int round : lost) panel.point(round + 1, panel.y.low, kBlack, Shape::kCross, 1);
  return panel;
}

}  // namespace

std::optional<Figure> rounds_figure(const Run& run) {
  const std::optional<Subject> subject = subject_of(run);
  if (!subject) return std::nullopt;
  std::vector<Series> all;
  std::vector<double> values;
  bool failed = false;
  for (Series& series : series_of(run, subject->scenario, subject->metric)) {
    if (series.values.empty()) continue;
    values.insert(values.end(), series.values.begin(), series.values.end());
    failed = failed || !failures_of(run, *subject, series).empty();
    all.push_back(std::move(series));
  }
  if (values.empty()) return std::nullopt;

  RoundsScene scene{last_round(run, subject->scenario),
                    places_in_round(run, all),
                    values.size() <= kDotsAtMost,
                    false,
                    relative_range(all),
                    readable_scale(subject->unit, values)};
  scene.log = scene.range.low > 0 && scene.range.high / scene.range.low > kLogFrom;
  const std::string title = subject->title + " in the order of time";
  auto [canvas, y] = headed(title, subtitle(run, rounds_subtitle(scene, values.size(), all.size(), failed),
                                            rounds_text(run, subject->scenario, subject->metric)));
  std::string alt =
      fmt::format("Line charts of {} by round, {}.", subject->axis, counted(scene.rounds, "round"));
  for (const Series& series : all) {
    const std::vector<int> lost = failures_of(run, *subject, series);
    const Panel panel = rounds_panel(canvas, y + kGap, series, scene, lost, &series == &all.back());
    canvas.words.push_back({panel.left, panel.top - 11,
                            fmt::format("{}: {} ({})", series.look.name, subject->axis, scene.scale.unit),
                            Align::kLeft, kBlack, 12});
    alt += spoken_rounds(series, subject->unit);
    if (!lost.empty()) alt += fmt::format(" {} failed.", lost.size());
    canvas.panels.push_back(panel);
    y = panel.bottom;
  }
  return finished_with_note(
      run, subject->scenario + "-rounds", title, canvas, y, alt,
      subject->title +
          " of every trial in the order in which they were run. A drift of the machine moves all "
          "targets alike; a line that leaves its dashed median for good is one to worry about.");
}

}  // namespace bench
