#pragma once

#include <cstdint>
#include <string>

#include "bench/stats/bootstrap.h"
#include "bench/stats/simulate/simulated_machine.h"

namespace bench {

/// How often something happened in simulated runs. What is asked of it is for the tests to say.
struct SimulatedRate {
  std::string what;  ///< in words
  int hits = 0, of = 0;
  [[nodiscard]] double share() const { return of == 0 ? 0 : static_cast<double>(hits) / of; }
  /// The 95 % interval of the true share (Wilson, 1927).
  [[nodiscard]] Interval interval() const;
  /// The same question with another seed.
  SimulatedRate& operator+=(const SimulatedRate& other);
};

inline constexpr std::uint64_t kSimulationSeed = 20260101;
inline constexpr int kSimulatedRounds = 20;

// The statistics against the truth. `runs` simulated runs each; every function uses the rules that the
// commands use, with nothing made lighter.

/// Of two targets of a run, true ratio 1.3: does the 95 % interval hold it?
SimulatedRate simulate_coverage(double cv, int runs, std::uint64_t seed = kSimulationSeed);
/// The same for a run that ends early, as runs do by default: once the ratio is known to ± 5 %.
SimulatedRate simulate_coverage_ended_early(double cv, int runs, std::uint64_t seed = kSimulationSeed);
/// Of one target: does the 95 % interval hold its median at the level that the machine had during the run,
/// with drift of this size?
SimulatedRate simulate_median_coverage(double cv, double drift_cv, int runs,
                                       std::uint64_t seed = kSimulationSeed);
/// Two identical targets of a run, which may end early: called faster or slower?
SimulatedRate simulate_false_verdicts(double cv, int runs, std::uint64_t seed = kSimulationSeed);
/// Two runs of the same (no days between them): called faster or slower?
SimulatedRate simulate_false_verdicts_apart(double cv, int runs, std::uint64_t seed = kSimulationSeed);

/// What a gate is asked, with 2 % between days.
struct SimulatedGate {
  double same_day = 0;  ///< of SimulatedNoise, for the confirming run
  int history = 20;     ///< runs before the one that is judged
  double slower = 1;    ///< the truth about the judged run: so many times slower than the run before it
  double step = 1;      ///< how many times slower all became at a step that was accepted
  int least_after = 1;  ///< runs between the step and the judged one: at least, and at most
  int most_after = 0;   ///< 0: there was no step
};

/// How often a gate calls a regression that a second run confirms.
SimulatedRate simulate_gate(const SimulatedGate& question, int runs, std::uint64_t seed = kSimulationSeed);

/// A run every night that becomes slower by this share every week, after 90 steady nights.
struct SimulatedCreep {
  double a_week = 0.01;
  int weeks = 12;
  bool by_pin = false;  ///< a single night of 90 days ago is pinned; else the level of that time is known
};

/// How often a gate of one night a week has called a regression by the last of these weeks; of the last
/// week's gate alone where nothing creeps.
SimulatedRate simulate_creep(const SimulatedCreep& question, int runs, std::uint64_t seed = kSimulationSeed);

/// A step of 10 % in the middle third of 100 runs: is one change point within ± 2 runs of it?
SimulatedRate simulate_step_dating(double between_days, int runs, std::uint64_t seed = kSimulationSeed);
/// 100 runs without a step: is there any change point?
SimulatedRate simulate_false_steps(double between_days, int runs, std::uint64_t seed = kSimulationSeed);

}  // namespace bench
