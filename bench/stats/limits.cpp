#include "bench/stats/limits.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/stats/summary.h"

namespace bench {
namespace {

/// How far a side has moved from its history, on the scale of factors.
double moved(const GateFinding& side) {
  if (!side.limits || !side.series.current || side.limits->centre <= 0 || *side.series.current <= 0) return 0;
  return std::log(*side.series.current / side.limits->centre);
}

LevelRules level_rules(const GateRules& rules) {
  return {static_cast<std::size_t>(rules.window), static_cast<std::size_t>(rules.at_least)};
}

}  // namespace

double threshold_of(const GateSeries& series, const GateRules& rules) {
  return series.exact ? rules.exact_threshold : rules.threshold;
}

std::optional<GateLimits> gate_limits(const GateSeries& series, const GateRules& rules) {
  const std::span<const double> history = series.history;
  if (history.empty() || history.size() < static_cast<std::size_t>(rules.at_least)) return std::nullopt;
  const Level level = last_level(history, level_rules(rules));
  GateLimits limits{level.centre, 0, level.runs, level.spread, level.from, level.after_step};
  const double centre = std::abs(limits.centre);
  limits.margin = threshold_of(series, rules) * centre;
  if (series.exact) return limits;
  // Where few runs tell the level, its own error counts as well.
  const double error =
      level.runs < rules.at_least ? error_of_median(static_cast<std::size_t>(level.runs)) : 0;
  limits.margin = std::max({limits.margin, kGateSpreads * limits.spread * std::hypot(1, error),
                            series.noise_floor * centre, series.resolution});
  return limits;
}

bool more_is_worse(Better better) {
  return better != Better::kHigher;
}

GateReference judge_level(const GateFinding& finding, std::span<const double> then, const GateRules& rules) {
  const GateSeries& series = finding.series;
  const GateLimits& limits = *finding.limits;
  const Level before = last_level(then, level_rules(rules));
  std::vector<double> latest(series.history.begin() + static_cast<std::ptrdiff_t>(limits.from),
                             series.history.end());
  latest.push_back(*series.current);
  const auto few = static_cast<std::size_t>(rules.at_least);
  const std::span<const double> now = std::span(latest).last(std::min(latest.size(), few));
  GateReference reference;
  reference.before = before.centre;
  reference.now = median(now);
  const double level = std::abs(reference.before);
  reference.margin = threshold_of(series, rules) * level;
  if (!series.exact) {
    // One run is held against every later one: its own luck counts each time.
    const double spreads = before.runs == 1 ? 1.25 * kGateSpreads : kGateSpreads;
    const double error =
        std::hypot(error_of_median(now.size()), error_of_median(static_cast<std::size_t>(before.runs)));
    reference.margin = std::max({reference.margin, spreads * std::max(limits.spread, before.spread) * error,
                                 series.noise_floor * level, series.resolution});
  }
  const double difference = reference.now - reference.before;
  if (reference.before != 0) reference.change = difference / reference.before;
  if (std::abs(difference) > reference.margin) {
    reference.state =
        (difference > 0) == more_is_worse(series.better) ? GateState::kWorse : GateState::kBetter;
  }
  return reference;
}

GateFinding judge_series(const GateSeries& series, const GateRules& rules) {
  GateFinding finding;
  finding.series = series;
  finding.limits = gate_limits(series, rules);
  if (!series.current) {
    finding.state = GateState::kNotMeasured;
    return finding;
  }
  if (!finding.limits) return finding;
  const double difference = *series.current - finding.limits->centre;
  if (finding.limits->centre != 0) finding.change = difference / finding.limits->centre;
  if (std::abs(difference) <= finding.limits->margin) {
    finding.state = GateState::kOk;
  } else if (!series.against.empty()) {
    finding.state = GateState::kMoved;
  } else {
    finding.state = (difference > 0) == more_is_worse(series.better) ? GateState::kWorse : GateState::kBetter;
  }
  return finding;
}

bool confirms(const GateFinding& finding, double second) {
  if (!finding.limits || !finding.series.current) return false;
  const double difference = second - finding.limits->centre;
  return std::abs(difference) > finding.limits->margin &&
         (difference > 0) == (*finding.series.current > finding.limits->centre);
}

GateState ratio_state(const GateFinding& ratio, const GateFinding& a, const GateFinding& b) {
  if (ratio.state != GateState::kMoved) return ratio.state;
  const double of_a = moved(a);
  const double of_b = moved(b);
  if (of_a == 0 && of_b == 0) return GateState::kMoved;
  const bool a_changed = std::abs(of_a) > std::abs(of_b);
  const bool more = (a_changed ? of_a : of_b) > 0;
  return more == more_is_worse(ratio.series.better) ? GateState::kWorse : GateState::kBetter;
}

}  // namespace bench
