#include "bench/stats/limits.h"

#include <algorithm>
#include <cmath>

#include "bench/stats/summary.h"

namespace bench {
namespace {

/// How far a side has moved from its history, on the scale of factors.
double moved(const GateFinding& side) {
  if (!side.limits || !side.series.current || side.limits->centre <= 0 || *side.series.current <= 0) return 0;
  return std::log(*side.series.current / side.limits->centre);
}

}  // namespace

double threshold_of(const GateSeries& series, const GateRules& rules) {
  return series.exact ? rules.exact_threshold : rules.threshold;
}

std::optional<GateLimits> gate_limits(const GateSeries& series, const GateRules& rules) {
  std::span<const double> recent = series.history;
  if (recent.size() > static_cast<std::size_t>(rules.window)) {
    recent = recent.last(static_cast<std::size_t>(rules.window));
  }
  if (recent.empty() || recent.size() < static_cast<std::size_t>(rules.at_least)) return std::nullopt;
  GateLimits limits;
  limits.runs = static_cast<int>(recent.size());
  limits.centre = median(recent);
  const double centre = std::abs(limits.centre);
  limits.margin = threshold_of(series, rules) * centre;
  if (series.exact) return limits;
  std::vector<double> deviations(recent.size());
  std::transform(recent.begin(), recent.end(), deviations.begin(),
                 [&](double value) { return std::abs(value - limits.centre); });
  limits.margin = std::max({limits.margin, kGateSpreads * kMadToDeviation * median(deviations),
                            series.noise_floor * centre, series.resolution});
  return limits;
}

bool more_is_worse(Better better) {
  return better != Better::kHigher;
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
