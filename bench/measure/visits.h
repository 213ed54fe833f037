#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/base/clock.h"
#include "bench/base/error.h"
#include "bench/core/run.h"
#include "bench/measure/plan.h"
#include "bench/measure/scenario.h"

namespace bench {

/// What one visit of a target left.
struct Visit {
  std::string target;
  Equivalence equivalence;  ///< what the instance said of itself
  std::vector<Sample> samples;
  std::vector<Failure> failures;  ///< one for every scenario that could not measure
  Facts notes;
  std::vector<Warning> warnings;
  std::exception_ptr fatal;  ///< ends the run
  Seconds busy{0};           ///< from the first engine call to the instance's end
};

/// Visits targets on behalf of the plan's scenarios. Nothing is thrown: what goes wrong is in the Visit. An
/// interrupted visit leaves nothing.
class Visits {
 public:
  /// `plan` must outlive this.
  Visits(const Plan& plan, std::function<void(const std::string&)> progress, std::stop_token stop);

  /// One instance for all scenarios that observe: started, observed, stopped and removed.
  Visit in_round(const Target& target, TrialPlace place);
  /// A scenario's visit before or after the rounds; `hook` is ScenarioRow::before or after.
  Visit outside(const ScenarioRow& scenario, const Target& target, void (*hook)(Trial&), const char* phase);

 private:
  struct Streak {
    int successes = 0;
    int failures = 0;  // since the last success
  };

  InstanceSpec next_spec(const Target& target);
  std::optional<Error> observe(Trial& trial, StartedInstance& started, Visit& visit);
  void end(Trial& trial, StartedInstance& started, Visit& visit);
  void count(const Target& target, Visit& visit);
  void judge(const Target& target, const Error& error, Visit& visit) const;

  const Plan& plan_;
  TrialHost host_;
  std::map<std::string, Streak> streaks_;
  std::atomic<int> instances_ = 0;
};

}  // namespace bench
