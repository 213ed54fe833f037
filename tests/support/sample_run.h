#pragma once

#include <cstdint>
#include <random>

#include "bench/core/run.h"

namespace bench::test {

inline constexpr double kMiB = 1 << 20;  ///< bytes

/// Seeded noise that is the same on every platform (the standard's distributions are not).
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : engine_(seed) {}
  double uniform();  ///< in (0, 1)
  double normal();   ///< mean 0, standard deviation 1
 private:
  std::mt19937_64 engine_;
};

/// A start-up run as a 2-core machine without KVM gives it: docker, libvirt:direct and libvirt:full (TCG),
/// `rounds` rounds and one warm-up round, environment and equivalence filled, nothing derived.
Run sample_run(int rounds = 10);

Run kvm_run();            ///< the same with libvirt:direct under KVM only
Run run_with_failures();  ///< libvirt:full fails in 2 of 10 rounds, one a time-out; docker once in the
                          ///< warm-up
Run dead_target_run();    ///< libvirt:direct never became ready
Run one_target_run();
Run interrupted_run();   ///< after 4 of 10 rounds
Run single_round_run();  ///< n = 1
Run mismatched_run();    ///< the guest has another Python
Run unmarked_run();      ///< somebody else's app: no marks of its own, no `about`; one mark out of order
Run empty_run();         ///< failed before the first trial

/// `bench run all` of the same machine: start-up, sizes and memory with its curve, judged by the built-in
/// claims.
Run sample_run_all(int rounds = 10);

Run size_run();           ///< `bench run size`: nothing was started
Run memory_run();         ///< `bench run memory`
Run containers_run();     ///< all, without a VM
Run all_with_failures();  ///< one start failed, for both scenarios that shared it; libvirt:full has no sizes

}  // namespace bench::test
