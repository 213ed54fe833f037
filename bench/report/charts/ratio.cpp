#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/base/lists.h"
#include "bench/core/first_metrics.h"
#include "bench/report/charts/charts.h"
#include "bench/report/charts/style.h"
#include "bench/report/view/view.h"
#include "bench/stats/judge/derive.h"

namespace bench {
namespace {

constexpr double kRatioRow = 20;  // pixels
constexpr double kGroupGap = 8;
constexpr double kHeading = 24;

/// A figure that people ask for; null for details and what nobody declared.
const MetricSpec* asked_for(const Run& run, const std::string& metric) {
  const MetricSpec& spec = spec_of(run, metric);
  return spec.role == Role::kHeadline || spec.role == Role::kResult ? &spec : nullptr;
}

/// Scenarios and, in them, metrics in the order in which they are declared; what is not comes last.
std::pair<std::size_t, std::size_t> rank_of(const Run& run, const std::string& scenario,
                                            const std::string& metric) {
  const auto& declared = declared_scenarios(run);
  for (std::size_t i = 0; i < declared.size(); ++i) {
    if (declared[i].name != scenario) continue;
    const auto& metrics = declared[i].metrics;
    const auto found = std::find_if(metrics.begin(), metrics.end(),
                                    [&](const MetricSpec& spec) { return spec.name == metric; });
    return {i, static_cast<std::size_t>(found - metrics.begin())};
  }
  return {declared.size(), 0};
}

/// All ratios of one metric.
struct Group {
  std::string scenario, label;
  std::pair<std::size_t, std::size_t> rank;
  std::vector<std::pair<const TargetLook*, const Comparison*>> rows;
};

std::vector<Group> groups_of(const Run& run, const std::vector<TargetLook>& looks, const std::string& base,
                             bool all) {
  std::vector<Group> groups;
  std::vector<std::string> metrics;
  for (const Comparison& comparison : run.comparisons) {
    const TargetLook* look = find_look(looks, comparison.b);
    if (comparison.a != base || look == nullptr || comparison.ratio <= 0 ||
        !std::isfinite(comparison.ratio)) {
      continue;
    }
    const MetricSpec* asked = asked_for(run, comparison.metric);
    if (asked == nullptr && !all) continue;
    const std::string key = comparison.scenario + "\n" + comparison.metric;
    auto found = std::find(metrics.begin(), metrics.end(), key);
    if (found == metrics.end()) {
      metrics.push_back(key);
      found = metrics.end() - 1;
      groups.push_back({comparison.scenario,
                        all ? shorten_middle(one_line(comparison.metric), kNameWidth)
                            : one_line(label_words(*asked, comparison.metric)),
                        rank_of(run, comparison.scenario, comparison.metric),
                        {}});
    }
    groups[static_cast<std::size_t>(found - metrics.begin())].rows.emplace_back(look, &comparison);
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.rank < b.rank; });
  return groups;
}

std::string ratio_words(const Comparison& comparison) {
  return ratio_text(comparison.ratio) + (comparison.ci95 ? " " + ratio_bracket(*comparison.ci95) : "");
}

bool has_line(const Comparison& comparison) {
  return comparison.ci95 && comparison.ci95->low > 0 && std::isfinite(comparison.ci95->high);
}

void add_ratio(Panel& panel, const TargetLook& look, const Comparison& comparison, double y) {
  if (has_line(comparison)) {
    const Interval& ci = *comparison.ci95;
    panel.line(ci.low, y, ci.high, y, look.colour, 2);
    panel.line(ci.low, y - 4, ci.low, y + 4, look.colour, 1.5);
    panel.line(ci.high, y - 4, ci.high, y + 4, look.colour, 1.5);
  }
  panel.point(comparison.ratio, y, look.colour, look.shape, 0.9);
  if (comparison.verdict == Verdict::kNotComparable)
    panel.point(comparison.ratio, y, kWhite, look.shape, 0.45);
}

std::string spoken_groups(const Run& run, const std::vector<Group>& groups) {
  std::string alt;
  for (const Group& group : groups) {
    std::vector<std::string> parts;
    for (const auto& [look, comparison] : group.rows) {
      parts.push_back(fmt::format("{} {}{}", look->name, ratio_words(*comparison),
                                  comparison->verdict == Verdict::kNotComparable ? " (not comparable)" : ""));
    }
    alt += fmt::format(" {}, {}: {}.", scenario_words(run, group.scenario), group.label, listed(parts));
  }
  return alt;
}

/// What the rows of the groups need: room on the canvas, and words of the head.
struct RatioRows {
  std::vector<double> values = {1};  ///< all that the axis has to hold
  std::vector<std::string> targets;
  double height = 6, label_width = 0, right_text = 0;  ///< pixels
  bool hollow = false, bare = false;                   ///< not comparable; without an interval
};

RatioRows measured_rows(const Run& run, const std::vector<Group>& groups) {
  RatioRows rows;
  std::string scenario;
  for (const Group& group : groups) {
    if (group.scenario != scenario) rows.height += kHeading;
    scenario = group.scenario;
    rows.height += kGroupGap + kRatioRow * static_cast<double>(group.rows.size());
    rows.label_width = std::max(
        {rows.label_width, text_width(group.label, 12), text_width(scenario_words(run, scenario), 13)});
    for (const auto& [look, comparison] : group.rows) {
      rows.values.push_back(comparison->ratio);
      if (has_line(*comparison)) {
        rows.values.insert(rows.values.end(), {comparison->ci95->low, comparison->ci95->high});
      }
      rows.bare = rows.bare || !has_line(*comparison);
      rows.hollow = rows.hollow || comparison->verdict == Verdict::kNotComparable;
      rows.right_text = std::max(rows.right_text, text_width(ratio_words(*comparison), 12));
      add_once(rows.targets, look->name);
    }
  }
  return rows;
}

/// "the VM against the container: ratio of the medians, line: …"
std::string ratio_subtitle(const RatioRows& rows, const std::string& base_name) {
  std::string what = fmt::format("{} against {}: ratio of the medians",
                                 rows.targets.size() > 1 ? "each target" : rows.targets.front(), base_name);
  what += rows.bare ? ", line: its 95 % interval (none where there are fewer than 6 rounds)"
                    : ", line: its 95 % interval";
  if (rows.hollow) what += "; hollow: not comparable";
  return what + "; log scale";
}

/// The rows below one another, a heading above each scenario's.
void add_groups(Canvas& canvas, Panel& panel, const Run& run, const std::vector<Group>& groups,
                bool several) {
  double at = panel.y.high;
  std::string scenario;
  for (const Group& group : groups) {
    if (group.scenario != scenario) {
      at -= kHeading;
      scenario = group.scenario;
      canvas.words.push_back({kEdge, panel.y_pixel(at + kHeading / 2 - 3), scenario_words(run, scenario),
                              Align::kLeft, kBlack, 12.5, true});
    }
    at -= kGroupGap / 2;
    bool first = true;
    for (const auto& [look, comparison] : group.rows) {
      const double middle = at - kRatioRow / 2;
      const double pixel = panel.y_pixel(middle);
      if (first) canvas.words.push_back({kEdge, pixel, group.label, Align::kLeft});
      first = false;
      if (several) canvas.words.push_back({panel.left - 10, pixel, look->name, Align::kRight, kGrey, 11.5});
      canvas.words.push_back({panel.right + 14, pixel, ratio_words(*comparison)});
      add_ratio(panel, *look, *comparison, middle);
      at -= kRatioRow;
    }
    at -= kGroupGap / 2;
  }
}

Figure drawn_ratios(const Run& run, const std::vector<TargetLook>& looks, const std::string& base,
                    const std::vector<Group>& groups, bool all) {
  const RatioRows rows = measured_rows(run, groups);
  const TargetLook* base_look = find_look(looks, base);
  const std::string base_name = base_look == nullptr ? one_line(base) : base_look->name;
  const bool several = rows.targets.size() > 1;
  const bool container = base_look != nullptr && family_of(base_look->target->traits) == Kind::kContainer;
  const std::string title = std::string("How many times ") +
                            (container ? "the " + family_words(base_look->target->traits) : base_name) +
                            (all ? ", every metric" : "");
  const std::optional<Subject> sampled = subject_of(run);
  const std::string rounds = sampled ? rounds_text(run, sampled->scenario, sampled->metric) : std::string();
  auto [canvas, y] = headed(title, subtitle(run, ratio_subtitle(rows, base_name), rounds));

  y += 18;
  const double names_left = kEdge + rows.label_width + 16;
  Panel panel{several ? names_left + names_room(rows.targets) - kEdge : names_left,
              y,
              canvas.width - kEdge - rows.right_text - 14,
              y + rows.height,
              axis_over(rows.values, true),
              {0, rows.height, false}};
  panel.x_ticks = ratio_ticks_on(panel.x, 8);
  panel.line(1, 0, 1, rows.height, kBlack, 1.8);
  const double one =
      std::clamp(panel.x_pixel(1), panel.left + text_width(base_name, 11.5) / 2 - 20, panel.right);
  canvas.words.push_back({one, y - 10, base_name + " = 1×", Align::kCentre, kBlack, 11.5});
  add_groups(canvas, panel, run, groups, several);
  panel.x_title = fmt::format("times {}", base_name);
  canvas.panels.push_back(panel);

  const std::string alt =
      fmt::format("Ratios of medians to {}, with 95 % intervals.{}", base_name, spoken_groups(run, groups));
  return finished_with_note(
      run, all ? "ratio-all" : "ratio", title, canvas, panel.bottom, alt,
      fmt::format("Ratio of each target's median to that of {}, with the 95 % interval by block "
                  "bootstrap over rounds, on a logarithmic axis. Below 1× is less than {}, above is "
                  "more.{}",
                  base_name, base_name,
                  rows.hollow ? " Hollow marks are real ratios that support no verdict." : ""));
}

std::optional<Figure> ratios(const Run& run, bool all) {
  const std::vector<TargetPair> pairs = compared_pairs(run);
  if (pairs.empty()) return std::nullopt;
  const std::string base = pairs.front().a->name;
  const std::vector<TargetLook> looks = target_looks(run);
  const std::vector<Group> main = groups_of(run, looks, base, false);
  const std::vector<Group> groups = all ? groups_of(run, looks, base, true) : main;
  if (groups.empty() || (all && groups.size() <= main.size())) return std::nullopt;
  return drawn_ratios(run, looks, base, groups, all);
}

}  // namespace

std::optional<Figure> ratio_figure(const Run& run) {
  return ratios(run, false);
}

std::optional<Figure> all_ratios_figure(const Run& run) {
  return ratios(run, true);
}

}  // namespace bench
