#pragma once

#include "bench/measure/scenario.h"

namespace bench {

/// Memory footprint: what a settled instance costs the host, again after requests, and what one more costs.
ScenarioRow memory_scenario();

/// How the curve is walked.
struct MarginalRules {
  int containers = 6, vms = 3;  ///< at once, where memory allows
  int passes = 4;               ///< an even number, up and down in turn; with fewer there is no verdict
  Seconds calm{0.3};            ///< for what a start or an end leaves to the kernel to do
  int readings = 5;             ///< of which the middle one counts
  Seconds spacing{0.1};         ///< between them
};

/// The scenario's visit after the rounds: the host's available memory against the number of instances.
void measure_marginal_memory(Trial& trial, const MarginalRules& rules);

/// How many instances the curve can have at once where `allowed` bytes may be taken and each may grow to
/// `each`: at most `wanted`; never more than half of what is allowed, and 1 GiB is left alone.
int affordable_instances(int wanted, double allowed, double each);

}  // namespace bench
