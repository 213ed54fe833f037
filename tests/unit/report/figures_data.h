#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/charts/figures.h"

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
  Acceleration acceleration = Acceleration::kTcg;
};

/// Samples, failures and all that is derived from them.
Run full_run(const FullRun& plan = {});

/// Null where there is no such figure.
const Figure* find_figure(const std::vector<Figure>& all, const std::string& id);

/// The measured values that stand in the panel one by one.
std::size_t dots_in(const FigurePanel& panel);

}  // namespace bench::test
