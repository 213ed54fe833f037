#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "bench/core/run.h"
#include "bench/measure/checkpoint.h"
#include "bench/measure/plan.h"

namespace bench {

/// Told about what happens while a run goes on; every function may be empty.
struct RunObserver {
  std::function<void(const std::string& scenarios, int round, int rounds, bool warmup)> round_begins;
  /// Outside the rounds.
  std::function<void(const std::string& scenario, const std::string& target)> visit_begins;
  std::function<void(const Sample& headline)> trial_done;
  /// Once per trial, for the first scenario that could not measure.
  std::function<void(const Failure& failure)> trial_failed;
  std::function<void(const Warning& warning)> warned;
  std::function<void(const std::string& line)> progress;
};

/// Runs the plan: the visits before the rounds, warm-up rounds, rounds, the visits after them. Each round is
/// a seeded shuffle of all targets, every trial one Google Benchmark iteration with manual time. Samples and
/// failures go to `run` and to the checkpoint as they arrive. Sets run.status, stopped_by, rounds and the
/// wall and trial times; never leaves an instance.
///
/// A failed trial is a Failure. Ends early (status "interrupted") when `stop` fires; ends with status
/// "failed" when an engine is gone or the checkpoint cannot be written: the error is thrown after `run` was
/// brought up to date.
void run_plan(const Plan& plan, Run& run, Checkpoint& checkpoint, const RunObserver& observer,
              const std::stop_token& stop);

}  // namespace bench
