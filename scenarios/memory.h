#pragma once

#include "scenarios/scenario.h"

namespace bench {

/// Memory footprint: what a settled instance costs the host, again after requests, and what one more costs.
ScenarioRow memory_scenario();

/// The scenario's visit after the rounds: the host's available memory against the number of instances.
void measure_marginal_memory(Trial& trial);

/// How many instances the curve can have at once where `allowed` bytes may be taken and each may grow to
/// `each`: at most `wanted`; never more than half of what is allowed, and 1 GiB is left alone.
int affordable_instances(int wanted, double allowed, double each);

}  // namespace bench
