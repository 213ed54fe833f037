#include "bench/stats/judge/comparable.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "bench/core/first_metrics.h"
#include "bench/stats/judge/derive.h"
#include "bench/stats/judge/equivalence.h"
#include "bench/stats/judge/marginal.h"

namespace bench {
namespace {

/// Why the slope of one side is no figure to divide by or into.
std::string unknown_slope(const MetricSpec& spec, const MeasuredSide& side) {
  const auto slope = curve_slope(side.run, spec.name);
  const auto summary = slope ? marginal_summary(side.run, *slope, side.target) : std::nullopt;
  if (!summary || is_quotable(spec, summary->ci95)) return {};
  if (!summary->ci95) {
    return fmt::format("{} was measured in one pass: nothing says how far another one would have come out",
                       side.target.name);
  }
  return fmt::format(
      "the slope of {} could be zero: the host's memory moved by as much as its instances took",
      side.target.name);
}

}  // namespace

bool is_quotable(const MetricSpec& spec, const std::optional<Interval>& ci95) {
  return spec.slope_of.empty() || (ci95 && ci95->low > 0);
}

StopMode stop_mode(const Run& run, const TargetInfo& target) {
  const auto noted =
      run.conditions.find(fmt::format("{}.{}.{}", scenario::kStartup, target.name, kStopModeNote));
  if (noted != run.conditions.end() && std::holds_alternative<std::string>(noted->second)) {
    if (const auto mode = from_text<StopMode>(std::get<std::string>(noted->second))) return *mode;
  }
  return target.traits.polite_stop ? StopMode::kPolite : StopMode::kPulled;
}

std::string emulated_apart(const MetricSpec& spec, const TargetInfo& a, const TargetInfo& b) {
  const bool apart = (a.acceleration == Acceleration::kTcg) != (b.acceleration == Acceleration::kTcg);
  if (!spec.needs_hardware || !apart) return {};
  return spec.unit == Unit::kBytes ? "VM emulated (TCG): its translation buffers are part of its memory"
                                   : "VM emulated (TCG): not a figure for hardware virtualisation";
}

std::string not_comparable(const MetricSpec& spec, const MeasuredSide& a, const MeasuredSide& b) {
  const bool one_target = &a.run != &b.run && a.target.name == b.target.name;
  if (const std::string differs = mismatch(a.target, b.target); !differs.empty() && !one_target) {
    return "not the same thing: " + differs;
  }
  return emulated_apart(spec, a.target, b.target);
}

std::string no_ratio(const MetricSpec& spec, const MeasuredSide& a, const MeasuredSide& b) {
  const StopMode mode_a = stop_mode(a.run, a.target);
  const StopMode mode_b = stop_mode(b.run, b.target);
  if (spec.same_stop && mode_a != mode_b) {
    return fmt::format("two kinds of stop: {} of {}, {} of {}", to_text(mode_a), a.target.name,
                       to_text(mode_b), b.target.name);
  }
  if (!spec.slope_of.empty()) {
    for (const MeasuredSide* side : {&a, &b}) {
      if (std::string why = unknown_slope(spec, *side); !why.empty()) return why;
    }
  }
  return {};
}

std::vector<Refusal> refusals(const Run& run) {
  std::vector<Refusal> all;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Summary& summary : run.summaries) {
    const MetricSpec& spec = spec_of(run, summary.metric);
    if (!is_compared(spec) || !seen.emplace(summary.scenario, summary.metric).second) continue;
    const auto has = [&](const TargetInfo& target) {
      return std::any_of(run.summaries.begin(), run.summaries.end(), [&](const Summary& one) {
        return one.metric == summary.metric && one.scenario == summary.scenario && one.target == target.name;
      });
    };
    for (const TargetPair& pair : compared_pairs(run)) {
      if (!has(*pair.a) || !has(*pair.b)) continue;
      std::string why = no_ratio(spec, {run, *pair.a}, {run, *pair.b});
      if (!why.empty()) {
        all.push_back({summary.scenario, summary.metric, pair.a->name, pair.b->name, std::move(why)});
      }
    }
  }
  return all;
}

}  // namespace bench
