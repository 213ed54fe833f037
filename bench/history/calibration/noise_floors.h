#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/history/calibration/calibration.h"

namespace bench {

/// The name of a target's twin in an A/A run: "docker#2".
std::string twin_of(const std::string& target);

/// Twins that one run told apart, though they are the same thing.
struct ToldApart {
  std::string run_id;
  Comparison comparison;  ///< of the twin (b) against the target (a), on one metric
};

struct AaFindings {
  std::vector<NoiseFloor> floors;  ///< by target, then metric, as they stand in the first run
  std::vector<ToldApart> told_apart;
  /// Those without a floor, since one of their medians is not positive: "memory.marginal of docker".
  std::vector<std::string> lost;
};

/// The noise floor of every metric of every target that has a twin, from A/A runs (derived) of the same
/// targets under the same conditions.
AaFindings noise_floors(std::span<const Run> runs);

}  // namespace bench
