#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench::test {

/// What a synthetic run of all scenarios is made of.
struct FullRun {
  std::vector<std::string> targets = {"docker", "libvirt:direct", "libvirt:full"};
  int rounds = 10;
  std::uint64_t seed = 1;
  bool startup = true, size = true, memory = true;
  bool only_ready = false;  ///< of the start-up, so that many trials stay few samples
  double factor = 1;        ///< further apart: each target is this many times the one before it, on top
  double noise = 0.04;      ///< standard deviation of the logarithm
  double failed = 0;        ///< share of the trials
  double censored = 0;      ///< share of the trials
  bool zeros = false;       ///< some values are zero
  std::string acceleration = "tcg";
};

/// Samples, failures and all that is derived from them.
Run full_run(const FullRun& plan = {});

}  // namespace bench::test
