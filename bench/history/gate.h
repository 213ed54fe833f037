#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/history/calibration/calibration.h"
#include "bench/history/history.h"
#include "bench/history/pins.h"
#include "bench/stats/limits.h"

namespace bench {

/// What a gate is asked.
struct GateRequest {
  GateRules rules;
  std::vector<std::string> metrics;  ///< that decide; empty: the gated ones; {"all"}: every one
  std::optional<Calibration> calibration;
  std::vector<PinnedRun> pins;  ///< newest first: a gate by history judges against the newest as well
};

/// One judged figure.
struct GateLine {
  GateFinding finding;
  bool decides = false;  ///< watched only: it is reported and turns nothing red
  GateVerdict verdict = GateVerdict::kInconclusive;
  std::string why;                        ///< one line for people
  std::optional<double> second;           ///< what the confirming run measured
  std::vector<GateReference> references;  ///< earlier levels, against which the level now was held
  std::string step_at;  ///< when the level began that the limits are of; empty: there was no step
};

struct GateAnswer {
  GateResult answer = GateResult::kInconclusive;
  std::vector<GateLine> lines;
  std::vector<std::string> notes;
  std::string against;       ///< "the last 20 runs in results", "results/release-1"
  std::string confirmed_by;  ///< run id of the confirming run; empty: none
};

/// `run` (derived) against the runs before it in the history that were measured under the same conditions;
/// runs at `own_paths` (itself, its confirmation) are no part of it.
GateAnswer gate_by_history(const Run& run, const History& history, const std::vector<std::string>& own_paths,
                           const GateRequest& request);

/// When the newest step came whose level has been kept since and that this run does not leave; empty: none.
/// Only of what decides, and only where it did not creep.
std::string kept_step(const GateAnswer& answer, const GateRules& rules);

/// `run` against one other run: what compare() would say. Both derived.
GateAnswer gate_by_run(const Run& run, const Run& baseline, const GateRequest& request);

/// True where something that decides is beyond its limit, so that a second measuring is worth its time.
bool needs_confirmation(const GateAnswer& answer);

/// A second measuring of the same (derived): what it does not show again is "not confirmed".
/// `baseline` as in gate_by_run, null for a gate by history.
void confirm(GateAnswer& answer, const Run& second, const Run* baseline, const GateRequest& request);

/// 0, 1, 3 or, with `strict`, 4.
int gate_exit_code(const GateAnswer& answer, bool strict);

}  // namespace bench
