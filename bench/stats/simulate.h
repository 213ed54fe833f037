#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/stats/limits.h"

namespace bench {

/// What a simulated machine does to a figure: independent noise per trial, a drift that all trials share
/// (autoregressive of order 1, a step per trial), now and then a much slower trial, and days that differ.
struct SimulatedNoise {
  double cv = 0.05;            ///< of a trial's own noise (log-normal)
  double drift_cv = 0.05;      ///< of the shared drift in the long run
  double drift_memory = 0.9;   ///< its correlation from one trial to the next
  double outliers = 0.05;      ///< share of the trials that are 1.5 to 3 times slower
  double between_days = 0.02;  ///< of a target's level from one run to the next
  /// The share of `between_days` (in variance) that a second run on the same day has in common with the
  /// first: 0: it is as good as another day; 1: confirming cannot help.
  double same_day = 0;
};

/// Seeded, and the same on every platform (the standard's distributions are not).
class SimulatedMachine {
 public:
  SimulatedMachine(const SimulatedNoise& noise, std::uint64_t seed) : noise_(noise), engine_(seed) {}

  double uniform();  ///< in (0, 1)
  double normal();

  /// A run of targets with these true medians ("a", "b", …), each once per round in shuffled order.
  Run run(const std::vector<double>& medians, int rounds);
  /// The median that a run of one target would have: `level`, times the noise of `rounds` trials.
  double run_median(double level, int rounds);
  /// A factor for a day (or for a second run on a day that was drawn before).
  double day();
  double same_day_again(double day);

 private:
  double trial();

  SimulatedNoise noise_;
  std::mt19937_64 engine_;
  double drift_ = 0;
};

/// How often something happened in simulated runs.
struct SimulatedRate {
  std::string what;  ///< in words
  int hits = 0, of = 0;
  double low = 0, high = 1;  ///< the share that is required
  [[nodiscard]] double share() const { return of == 0 ? 0 : static_cast<double>(hits) / of; }
  [[nodiscard]] bool holds() const { return of > 0 && share() >= low && share() <= high; }
};

inline constexpr std::uint64_t kSimulationSeed = 20260101;

// The statistics against the truth. `runs` simulated runs each (the bars are set for 1000); every function
// uses the rules that the commands use, with nothing made lighter.

/// Of two targets of a run, 20 rounds, true ratio 1.3: does the 95 % interval hold it?
SimulatedRate simulate_coverage(double cv, int runs, std::uint64_t seed = kSimulationSeed);
/// Two identical targets of a run, 20 rounds: called faster or slower?
SimulatedRate simulate_false_verdicts(double cv, int runs, std::uint64_t seed = kSimulationSeed);
/// Two runs of the same (no days between them), 20 rounds each: called faster or slower?
SimulatedRate simulate_false_verdicts_apart(double cv, int runs, std::uint64_t seed = kSimulationSeed);
/// A gate on a history of `history` runs, 20 rounds each, at this noise between days; `slower` is the truth
/// about the judged run and its confirmation (1: nothing has changed). Counts confirmed regressions.
SimulatedRate simulate_gate(double between_days, double same_day, int history, double slower, int runs,
                            std::uint64_t seed = kSimulationSeed);
/// A step of 10 % in the middle third of 100 runs: is one change point within ± 2 runs of it?
SimulatedRate simulate_step_dating(double between_days, int runs, std::uint64_t seed = kSimulationSeed);
/// 100 runs without a step: is there any change point?
SimulatedRate simulate_false_steps(double between_days, int runs, std::uint64_t seed = kSimulationSeed);

}  // namespace bench
