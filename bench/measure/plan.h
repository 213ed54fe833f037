#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/base/clock.h"
#include "bench/core/run.h"
#include "bench/measure/scenario.h"
#include "bench/measure/stopwatch.h"

namespace bench {

/// What a run will do: scenarios × targets × rounds.
struct Plan {
  std::vector<const ScenarioRow*> scenarios;
  std::vector<Target> targets;
  int rounds = 20;
  int warmup = 1;
  std::optional<Seconds> budget;    ///< no new round is begun after it
  std::optional<double> precision;  ///< end when every ratio's interval is narrower than ± this share
  std::uint64_t seed = 0;
  StartRules rules;
  Ownership owner;
};

/// The order of one round: a shuffle of 0…n−1 that depends on the seed and the round only, the same on every
/// platform (Fisher–Yates over mt19937_64 with rejection sampling).
std::vector<std::size_t> round_order(std::uint64_t seed, int round, bool warmup, std::size_t n);

}  // namespace bench
