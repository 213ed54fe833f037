#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/app/context.h"
#include "bench/app/run/run_files.h"
#include "bench/app/targets.h"
#include "bench/core/run.h"
#include "bench/measure/plan.h"

namespace bench {

// From a plan to a stored run: what every command that measures has in common.

/// Throws Error{kUsage} when one of them is no metric of any scenario: a gate on a mistyped name would pass
/// for ever.
void require_metrics(const std::vector<std::string>& names);

/// The metrics that `bench gate` decides on unless others are named: the few that a person asks about. Every
/// further one is one more chance of a false alarm.
std::vector<std::string> gated_metrics();

/// The rows of these scenarios, each once; "all" is every one. Throws Error{kUsage} for an unknown name.
std::vector<const ScenarioRow*> chosen_scenarios(const std::vector<std::string>& names);

/// "<results>/<UTC time>-<what>"; with a number behind it where that is there already.
NewDirectory new_directory(const std::filesystem::path& results, const std::string& what);

/// A run that has not measured anything yet: what is known of it beforehand. Reads the environment.
Run new_run(const CommandContext& context, const Plan& plan, const std::vector<Warning>& warnings);

/// A run that has been measured, as far as it came.
struct Measured {
  Run run;                         ///< derived
  std::vector<std::string> files;  ///< what a reader should know of in its directory
  bool whole = false;              ///< it went to its end, with something valid for every target and scenario
  std::exception_ptr failed;       ///< an engine is gone, or the checkpoint could not be written
  std::exception_ptr not_stored;   ///< the final files could not be written
};

/// Runs the plan and stores the run in `dir`: every sample as it arrives, the report's files at the end.
/// Throws only while nothing has been measured.
Measured measure(const Plan& plan, Run run, const std::filesystem::path& dir, CommandContext& context);

/// Throws what kept the run from being measured or stored; nothing where it was.
void rethrow_failure(const Measured& measured);

/// 0, or 130 for an interrupted run. Throws Error{kEngine} where nothing valid was measured for a target.
int exit_code_of(const Measured& measured);

}  // namespace bench
