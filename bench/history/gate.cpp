#include "bench/history/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "bench/history/conditions.h"
#include "bench/history/earlier_levels.h"
#include "bench/history/gate_missing.h"
#include "bench/history/rows.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/compare.h"

namespace bench {
namespace {

constexpr int kRoundsToJudge = 3;  ///< a median of fewer says too little

std::string percent(double share) {
  return share < 0.995 ? fmt::format("{:.2g} %", share * 100) : fmt::format("{:.0f} %", share * 100);
}
std::string change_text(double change) {
  return fmt::format("{:+.{}f} %", change * 100, std::abs(change) < 0.1 ? 1 : 0);
}

/// A ratio's noise is at most that of both of its sides.
double noise_floor(const FigureRow& row, const Run& run, const GateRequest& request) {
  if (!request.calibration || !request.calibration->holds_for(run.environment)) return 0;
  const double own = request.calibration->floor(row.scenario, row.metric, row.target);
  return row.against.empty() ? own : own + request.calibration->floor(row.scenario, row.metric, row.against);
}

GateSeries series_of(const FigureRow& row, const Run& run, const GateRequest& request) {
  const MetricSpec& spec = spec_of(run, row.metric);
  GateSeries series{row.scenario, row.metric, row.target,     row.against, row.unit,  {},
                    row.value,    0,          row.resolution, spec.better, spec.exact};
  if (!spec.exact) series.noise_floor = noise_floor(row, run, request);
  return series;
}

/// Why a figure cannot be judged; empty where it can.
std::string unfit(const Run& run, const FigureRow& row) {
  for (const std::string& name : {row.target, row.against}) {
    const auto target = std::find_if(run.targets.begin(), run.targets.end(),
                                     [&](const TargetInfo& info) { return info.name == name; });
    if (target == run.targets.end()) continue;
    if (std::string failed = too_many_failed(run, row.scenario, *target, *target); !failed.empty())
      return failed;
  }
  const MetricSpec& spec = spec_of(run, row.metric);
  if (!spec.slope_of.empty()) {
    if (!row.against.empty() || is_quotable(spec, row.ci95)) return {};
    return row.ci95 ? "a slope that could be zero" : "a slope of one pass";
  }
  if (!spec.exact && row.n < kRoundsToJudge) {
    return fmt::format("{} round{}, {} are needed", row.n, row.n == 1 ? "" : "s", kRoundsToJudge);
  }
  return {};
}

GateVerdict verdict_of(GateState state) {
  switch (state) {
    case GateState::kOk:
      return GateVerdict::kOk;
    case GateState::kWorse:
      return GateVerdict::kRegression;
    case GateState::kBetter:
      return GateVerdict::kImprovement;
    case GateState::kMoved:
      return GateVerdict::kInconclusive;
    case GateState::kNoBaseline:
      return GateVerdict::kNoBaseline;
    case GateState::kNotMeasured:
      return GateVerdict::kCouldNotMeasure;
  }
  return GateVerdict::kInconclusive;
}

std::string day_of(const std::string& started_at) {
  return started_at.substr(0, started_at.find('T'));
}

std::string since_step(const std::string& step_at) {
  return step_at.empty() ? std::string() : " since the step of " + day_of(step_at);
}

/// What crept past an earlier level is a regression, whatever the latest runs say.
void add_references(GateLine& line) {
  for (const GateReference& reference : line.references) {
    if (reference.state != GateState::kWorse) continue;
    line.verdict = verdict_of(GateState::kWorse);
    line.why +=
        fmt::format("; the level against {}: {}, beyond ±{}", reference.name, change_text(reference.change),
                    percent(reference.margin / std::abs(reference.before)));
  }
}

bool has_crept(const GateLine& line) {
  return std::any_of(line.references.begin(), line.references.end(),
                     [](const GateReference& reference) { return reference.state == GateState::kWorse; });
}

std::string why_of(const GateFinding& finding, std::size_t found, const std::string& step_at,
                   const GateRules& rules) {
  if (finding.state == GateState::kNoBaseline || !finding.limits) {
    return fmt::format("{} earlier run{} under the same conditions, {} are needed", found,
                       found == 1 ? "" : "s", rules.at_least);
  }
  const double allowed =
      finding.limits->centre != 0 ? finding.limits->margin / std::abs(finding.limits->centre) : 0;
  const std::string usual =
      fmt::format("±{} of {} runs{}", percent(allowed), finding.limits->runs, since_step(step_at));
  std::string text = fmt::format("{}, {} {}", change_text(finding.change),
                                 finding.state == GateState::kOk ? "within" : "beyond", usual);
  if (finding.state == GateState::kMoved) text += "; which side has changed cannot be told";
  return text;
}

struct Found {
  std::vector<SeriesPoint> points;
  bool out_of_order = false;
};

/// The runs before this one; where the clock has been set back so that it is not the latest, the latest ones.
Found baseline_points(const History& history, const SeriesKey& key, const Run& run,
                      const std::vector<std::string>& own_paths, const GateRules& rules) {
  const std::size_t looked_at = 2 * static_cast<std::size_t>(rules.window);  // a step is looked for in these
  const std::size_t wanted = looked_at + own_paths.size() + 1;
  const auto others = [&](std::vector<SeriesPoint> points) {
    std::erase_if(points, [&](const SeriesPoint& point) {
      return point.run_id == run.run_id ||
             std::find(own_paths.begin(), own_paths.end(), point.path) != own_paths.end();
    });
    if (points.size() > looked_at) {
      points.erase(points.begin(), points.end() - static_cast<std::ptrdiff_t>(looked_at));
    }
    return points;
  };
  Found found{others(history.baseline(key, wanted, History::Before{run.started_at, run.run_id})), false};
  if (found.points.size() >= static_cast<std::size_t>(rules.at_least)) return found;
  Found latest{others(history.baseline(key, wanted, std::nullopt)), true};
  return latest.points.size() >= static_cast<std::size_t>(rules.at_least) ? latest : found;
}

using SideKey = std::pair<std::string, std::string>;  // metric, target

/// A ratio is read by what its sides did.
void read_ratios(GateAnswer& answer) {
  std::map<SideKey, const GateFinding*> sides;
  for (const GateLine& line : answer.lines) {
    const GateSeries& series = line.finding.series;
    if (series.against.empty()) sides[{series.metric, series.target}] = &line.finding;
  }
  for (GateLine& line : answer.lines) {
    GateFinding& ratio = line.finding;
    if (ratio.state != GateState::kMoved || line.verdict != GateVerdict::kInconclusive) continue;
    const auto a = sides.find({ratio.series.metric, ratio.series.against});
    const auto b = sides.find({ratio.series.metric, ratio.series.target});
    if (a == sides.end() || b == sides.end()) continue;
    ratio.state = ratio_state(ratio, *a->second, *b->second);
    line.verdict = verdict_of(ratio.state);
    const auto side = [](const GateFinding& finding) {
      return fmt::format("{} {}", finding.series.target, change_text(finding.change));
    };
    line.why = fmt::format("ratio {}: {}, {}", change_text(ratio.change), side(*a->second), side(*b->second));
  }
}

void settle(GateAnswer& answer) {
  const auto any = [&](std::initializer_list<GateVerdict> verdicts) {
    return std::any_of(answer.lines.begin(), answer.lines.end(), [&](const GateLine& line) {
      return line.decides && std::find(verdicts.begin(), verdicts.end(), line.verdict) != verdicts.end();
    });
  };
  if (any({GateVerdict::kRegression})) {
    answer.answer = GateResult::kRegression;
  } else if (any({GateVerdict::kCouldNotMeasure}) || answer.lines.empty()) {
    answer.answer = GateResult::kCouldNotMeasure;
  } else if (any({GateVerdict::kInconclusive, GateVerdict::kNoBaseline, GateVerdict::kNotComparable})) {
    answer.answer = GateResult::kInconclusive;
  } else {
    answer.answer = GateResult::kPass;
  }
}

GateState state_of(Verdict verdict, Better better, double ratio) {
  if (verdict == Verdict::kEquivalent) return GateState::kOk;
  if (verdict == Verdict::kInconclusive || verdict == Verdict::kNotComparable) return GateState::kNoBaseline;
  return (ratio > 1) == more_is_worse(better) ? GateState::kWorse : GateState::kBetter;
}

/// A figure of a run against the same of a baseline run.
GateLine line_by_run(const FigureRow& row, const Run& run, const Run& baseline, bool forbidden,
                     const GateRequest& request) {
  GateLine line;
  line.finding.series = series_of(row, run, request);
  line.decides = decides(run, row.metric, request);
  line.verdict = GateVerdict::kNoBaseline;
  line.why = "the baseline has no such figure";
  const TargetInfo* a = find_target(baseline, row.target);
  const TargetInfo* b = find_target(run, row.target);
  if (a == nullptr || b == nullptr) return line;
  const GateSeries& series = line.finding.series;
  const double threshold = std::max(threshold_of(series, request.rules), series.noise_floor);
  const auto result = compare_runs(baseline, *a, run, *b, row.scenario, row.metric, threshold);
  if (!result) {
    const std::string refused = no_ratio(spec_of(run, row.metric), {baseline, *a}, {run, *b});
    if (!refused.empty()) line.why = "no ratio: " + refused;
    return line;
  }
  line.finding.limits = GateLimits{row.value / result->ratio, threshold * row.value / result->ratio, 1};
  line.finding.change = result->ratio - 1;
  line.finding.state = forbidden ? GateState::kNoBaseline
                                 : state_of(result->verdict, spec_of(run, row.metric).better, result->ratio);
  line.verdict = forbidden || result->verdict == Verdict::kNotComparable ? GateVerdict::kNotComparable
                                                                         : GateVerdict::kInconclusive;
  line.why = forbidden ? "measured under other conditions than the baseline"
                       : fmt::format("{}: {}", change_text(line.finding.change), result->why);
  if (line.finding.state == GateState::kOk || line.finding.state == GateState::kWorse ||
      line.finding.state == GateState::kBetter) {
    line.verdict = verdict_of(line.finding.state);
  }
  return line;
}

}  // namespace

GateAnswer gate_by_history(const Run& run, const History& history, const std::vector<std::string>& own_paths,
                           const GateRequest& request) {
  GateAnswer answer;
  bool out_of_order = false;
  const EarlierLevels earlier(history, run, request.pins);
  for (const FigureRow& row : figures_of(run)) {
    if (!is_watched(run, row.metric)) continue;
    GateLine line;
    line.decides = decides(run, row.metric, request);
    const SeriesKey key{row.scenario, row.metric, row.target, row.against, row.unit, row.conditions};
    const Found found = baseline_points(history, key, run, own_paths, request.rules);
    out_of_order = out_of_order || found.out_of_order;
    GateSeries series = series_of(row, run, request);
    for (const SeriesPoint& point : found.points) series.history.push_back(point.value);
    line.finding = judge_series(series, request.rules);
    line.verdict = verdict_of(line.finding.state);
    if (const auto& limits = line.finding.limits; limits && limits->after_step) {
      line.step_at = found.points[limits->from].started_at;
    }
    line.why = why_of(line.finding, found.points.size(), line.step_at, request.rules);
    line.references = earlier.of(row, key, line.finding, request.rules);
    add_references(line);
    if (std::string reason = unfit(run, row); !reason.empty()) {
      line.verdict = GateVerdict::kInconclusive;
      line.why = std::move(reason);
    }
    answer.lines.push_back(std::move(line));
  }
  read_ratios(answer);
  add_missing(run, &history, request, answer);
  if (out_of_order) {
    answer.notes.emplace_back(
        "this run is older than runs of the history by its clock (set back?): it is judged by "
        "the latest ones");
  }
  settle(answer);
  return answer;
}

GateAnswer gate_by_run(const Run& run, const Run& baseline, const GateRequest& request) {
  GateAnswer answer;
  std::vector<std::pair<std::string, std::string>> names;
  for (const TargetInfo& target : run.targets) names.emplace_back(target.name, target.name);
  bool forbidden = false;
  for (const Difference& difference : differences(baseline, run, names)) {
    if (!difference.forbids) continue;
    forbidden = true;
    answer.notes.push_back("other conditions: " + difference.in_words);
  }
  for (const FigureRow& row : figures_of(run)) {
    if (!is_watched(run, row.metric) || !row.against.empty()) continue;
    answer.lines.push_back(line_by_run(row, run, baseline, forbidden, request));
  }
  add_missing(run, nullptr, request, answer);
  settle(answer);
  return answer;
}

bool needs_confirmation(const GateAnswer& answer) {
  return std::any_of(answer.lines.begin(), answer.lines.end(), [](const GateLine& line) {
    return line.decides && line.verdict == GateVerdict::kRegression &&
           (line.finding.state == GateState::kWorse || !has_crept(line));
  });
}

std::string kept_step(const GateAnswer& answer, const GateRules& rules) {
  constexpr int kKept = 5;
  std::string newest;
  for (const GateLine& line : answer.lines) {
    const auto& limits = line.finding.limits;
    const GateSeries& series = line.finding.series;
    if (line.decides && limits && limits->after_step && limits->runs >= kKept && series.against.empty() &&
        line.finding.state == GateState::kOk &&
        is_abrupt(series.history, limits->from, threshold_of(series, rules))) {
      newest = std::max(newest, line.step_at);
    }
  }
  return newest;
}

void confirm(GateAnswer& answer, const Run& second, const Run* baseline, const GateRequest& request) {
  const std::vector<FigureRow> rows = figures_of(second);
  answer.confirmed_by = second.run_id;
  for (GateLine& line : answer.lines) {
    if (line.verdict != GateVerdict::kRegression) continue;
    if (line.finding.state != GateState::kWorse && has_crept(line)) {
      line.why += "; seen in many runs, so not measured again";
      continue;
    }
    const GateSeries& series = line.finding.series;
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const FigureRow& row) {
      return row.scenario == series.scenario && row.metric == series.metric && row.target == series.target &&
             row.against == series.against;
    });
    if (same == rows.end() || !unfit(second, *same).empty()) {
      line.verdict = GateVerdict::kInconclusive;
      line.why += "; the second measuring has no such figure";
      continue;
    }
    line.second = same->value;
    const bool again = baseline == nullptr ? confirms(line.finding, same->value)
                                           : line_by_run(*same, second, *baseline, false, request).verdict ==
                                                 GateVerdict::kRegression;
    const double change = line.finding.limits && line.finding.limits->centre != 0
                              ? same->value / line.finding.limits->centre - 1
                              : 0;
    line.why += fmt::format("; measured again: {}", change_text(change));
    if (!again && !has_crept(line)) line.verdict = GateVerdict::kNotConfirmed;
  }
  settle(answer);
}

int gate_exit_code(const GateAnswer& answer, bool strict) {
  switch (answer.answer) {
    case GateResult::kRegression:
      return 1;
    case GateResult::kCouldNotMeasure:
      return 3;
    case GateResult::kInconclusive:
      return strict ? 4 : 0;
    case GateResult::kPass:
      return 0;
  }
  return 0;
}

}  // namespace bench
