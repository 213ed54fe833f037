#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/core/metric.h"
#include "bench/measure/stopwatch.h"

namespace bench {

/// Where a trial stands in the run. `round` counts from 0, warm-up rounds on their own; a visit outside the
/// rounds (a scenario's `before` and `after`) is round 0.
struct TrialPlace {
  int round = 0, position = 0;
  bool warmup = false;
};

/// What the harness gives to every visit of a target.
struct TrialHost {
  const StartRules& rules;
  /// A specification with a name and a nonce that no other instance has.
  std::function<InstanceSpec(const Target&)> spec;
  std::function<void(const std::string&)> progress;  ///< one line for people; may be empty
  std::stop_token stop;
};

/// What a scenario may do while it visits a target: start an instance, record samples, read where it stands.
class Trial {
 public:
  Trial(const TrialHost& host, const Target& target, TrialPlace place)
      : host_(host), target_(target), place_(place) {}

  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] const StartRules& rules() const { return host_.rules; }
  [[nodiscard]] const std::stop_token& stop() const { return host_.stop; }
  [[nodiscard]] const TrialPlace& place() const { return place_; }

  /// The stopwatch, on a fresh instance of the target. May be called from several threads of one visit.
  StartedInstance start();

  /// What the instance of this round said about itself when it was ready.
  [[nodiscard]] const About& about() const { return about_; }
  void set_about(About about) { about_ = std::move(about); }

  /// A sample of the scenario whose turn it is, in the unit that it declares the metric in; a metric that it
  /// does not declare is a std::logic_error. `round`: for a visit that repeats what it does (a pass of a
  /// curve); otherwise the round of the trial. `at`: see Sample::at.
  void record(const std::string& metric, double value, std::optional<double> resolution = std::nullopt,
              std::optional<double> at = std::nullopt, std::optional<int> round = std::nullopt);
  void record(const std::string& metric, std::optional<double> value,
              std::optional<double> resolution = std::nullopt);

  /// A condition of the measuring that a reader must know; stored as "<scenario>.<target>.<key>".
  void note(const std::string& key, Fact fact);
  /// Shown with the run's other warnings, once.
  void warn(const std::string& text, const std::string& remedy);
  /// One line for people while something takes long.
  void progress(const std::string& line) const;

  /// For the harness: whose turn it is, and what was left.
  void turn(const ScenarioSpec& scenario) { scenario_ = &scenario; }
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  void forget_since(std::size_t sample) { samples_.resize(sample); }
  [[nodiscard]] const Facts& notes() const { return notes_; }
  [[nodiscard]] const std::vector<Warning>& warnings() const { return warnings_; }

 private:
  const TrialHost& host_;
  const Target& target_;
  TrialPlace place_;
  const ScenarioSpec* scenario_ = nullptr;
  About about_;
  std::vector<Sample> samples_;
  Facts notes_;
  std::vector<Warning> warnings_;
};

/// One row per scenario. Adding one is one file and one row (scenarios/table.cpp).
///
/// A run visits every target before the rounds, in each round and after them; each of these may be null. The
/// instance of a round is shared by the scenarios of the run, in the table's order: what one does after ready
/// cannot change what was measured up to ready. An exception is a Failure of that scenario for that target;
/// what other scenarios recorded stays.
struct ScenarioRow : ScenarioSpec {
  bool weighs = false;               ///< images, whose variants root alone can build
  void (*before)(Trial&) = nullptr;  ///< once per target, before the rounds; needs no instance
  void (*observe)(Trial&, StartedInstance&) = nullptr;  ///< every round, on a ready instance
  /// Every round, when the instance has ended; `stop` is the time from the stop request to its end.
  void (*ended)(Trial&, const StartedInstance&, Seconds stop) = nullptr;
  void (*after)(Trial&) = nullptr;  ///< once per target, after the rounds; starts instances itself
};

/// The scenarios there are, in the order in which they are measured and shown.
const std::deque<ScenarioRow>& scenario_table();
/// One more row, of a program that links this one; before the command line is read. Throws Error{kUsage} for
/// a name that is taken.
void add_scenario(ScenarioRow row);

}  // namespace bench
