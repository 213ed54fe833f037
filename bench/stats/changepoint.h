#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

struct ChangePointRules {
  double significance = 0.01;  ///< of the permutation test
  int permutations = 499;      ///< at most: the test stops as soon as it cannot succeed any more
  std::size_t shortest = 5;    ///< values between two change points: a step is seen after so many runs
  std::uint64_t seed = 0x62656e6368ULL;
};

struct ChangePoint {
  std::size_t at = 0;  ///< index of the first value after the step
  double before = 0;   ///< median from the change point before (or the start) up to it
  double after = 0;    ///< median from it up to the next (or the end)
  double p = 0;        ///< of the permutation test
};

/// Where a series changes its distribution: E-Divisive with means of order 1 (Matteson and James, "A
/// Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA 109, 2014), as
/// performance histories are read elsewhere (Daly et al., "The Use of Change Point Detection to Identify
/// Software Performance Regressions in a Continuous Integration System", ICPE 2020). The series is cut where
/// the energy distance between both sides of a segment is greatest, as long as a permutation test within the
/// segments finds that unlikely; ordered by place. No assumption about the noise's distribution; drift
/// without a step can be found as one. Seeded: the same values give the same answer. O(n log n) per
/// permutation.
std::vector<ChangePoint> change_points(std::span<const double> values, const ChangePointRules& rules = {});

}  // namespace bench
