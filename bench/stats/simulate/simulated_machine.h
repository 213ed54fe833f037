#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "bench/core/run.h"

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
  /// One target alone for a stretch of time, at level 1.
  struct Stretch {
    std::vector<double> trials;  ///< in order of time
    /// The median that ever more trials of the same stretch would have: with the drift as it went, the noise
    /// anew.
    double median = 0;
  };
  Stretch stretch(int rounds);
  /// A factor for a day (or for a second run on a day that was drawn before).
  double day();
  double same_day_again(double day);

 private:
  double trial();
  void drift_on();
  double with_noise();

  SimulatedNoise noise_;
  std::mt19937_64 engine_;
  double drift_ = 0;
};

}  // namespace bench
