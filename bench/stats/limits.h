#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/core/metric.h"
#include "bench/stats/levels.h"

namespace bench {

/// The noise of a stored history decides what is a change: docs/gate.md.
struct GateRules {
  double threshold = kThreshold;             ///< as a share: a smaller change does not matter
  double exact_threshold = kExactThreshold;  ///< the same of figures that are counted
  int window = 20;                           ///< how many of the latest runs make the history
  int at_least = 10;                         ///< fewer give no answer
};

inline constexpr double kGateSpreads = 3;  ///< scaled median absolute deviations

/// One metric of one target, or the ratio of two targets (`against` is then the denominator), through time.
struct GateSeries {
  std::string scenario, metric, target, against;
  Unit unit = Unit::kNone;
  std::vector<double> history;  ///< medians of earlier runs under the same conditions, oldest first
  std::optional<double>
      current;             ///< median of the run that is judged; nothing where it could not be measured
  double noise_floor = 0;  ///< as a share: what this host does by itself; 0: not known
  double resolution = 0;   ///< in the unit: how finely it can be seen
  Better better = Better::kLower;
  bool exact = false;  ///< counted: whatever its history did, any change is one
};

/// The share below which no change of this series matters.
double threshold_of(const GateSeries& series, const GateRules& rules);

/// What is normal for a series: centre ± margin.
struct GateLimits {
  double centre = 0;     ///< median of the history since its last step
  double margin = 0;     ///< max(threshold · centre, 3 · 1.4826 · MAD, noise floor · centre, resolution);
                         ///< of a counted figure: exact threshold · centre
  int runs = 0;          ///< of the history that were used
  double spread = 0;     ///< of a single run, in the unit
  std::size_t from = 0;  ///< index of the first of them in the history
  bool after_step = false;  ///< the runs before it are at another level
};

/// Nothing for fewer than rules.at_least runs.
std::optional<GateLimits> gate_limits(const GateSeries& series, const GateRules& rules);

enum class GateState {
  kOk,
  kWorse,        ///< beyond the limit, in the bad direction
  kBetter,       ///< beyond the limit, in the good direction
  kMoved,        ///< a ratio beyond the limit: one of its sides has changed
  kNoBaseline,   ///< too few runs to judge by
  kNotMeasured,  ///< the history has it, this run has not
};

struct GateFinding {
  GateSeries series;
  std::optional<GateLimits> limits;
  GateState state = GateState::kNoBaseline;
  double change = 0;  ///< (current − centre) / centre; 0 where there is none
};

/// The level of a series now against one that it had before: what creeps is never beyond limits that creep
/// with it.
struct GateReference {
  std::string name;   ///< "the pin release-1", "90 days ago"
  double before = 0;  ///< the level then
  double now = 0;     ///< the level now: the median of the latest runs, this one among them
  double margin = 0;  ///< of `now` about `before`
  double change = 0;  ///< (now − before) / before; 0 where there is none
  GateState state = GateState::kOk;
};

/// `finding` as judge_series has it, with limits and a current value; `then`: the medians of that time,
/// oldest first, at least one.
GateReference judge_level(const GateFinding& finding, std::span<const double> then, const GateRules& rules);

/// True unless more is better.
bool more_is_worse(Better better);

/// A series against its own history.
GateFinding judge_series(const GateSeries& series, const GateRules& rules);

/// True when a second measuring says the same: its value, too, lies beyond the limit on the same side.
bool confirms(const GateFinding& finding, double second);

/// Which way a ratio's move is to be read. A ratio b / a has no bad direction of its own, so the side whose
/// own median has moved more from its history is taken to be the one that changed, and its direction counts.
/// kMoved where neither can be told. `a` and `b` are the findings of the two sides.
GateState ratio_state(const GateFinding& ratio, const GateFinding& a, const GateFinding& b);

}  // namespace bench
