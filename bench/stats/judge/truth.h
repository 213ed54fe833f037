#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

// A difference that is known beforehand, put into an app: does the measuring give it back?

/// What is expected of b − a, in the metric's unit.
struct TruthRule {
  double expected = 0;      ///< positive
  double tolerance = 0.05;  ///< as a share of it: within this it is the truth
  double widest = 0.10;     ///< as a share of it: an interval with a larger half width says nothing
  bool exact = false;       ///< counted, not sampled: one figure is all of it
};

/// Fewer paired rounds than these show nothing that is sampled.
inline constexpr int kPairsForTruth = 3;

struct TruthFinding {
  std::optional<double> measured;  ///< median of the differences; nothing where there is none
  /// From kRoundsForInterval differences on the 95 % interval of their median, below that their range, from
  /// the smallest to the largest; nothing for what is exact.
  std::optional<Interval> range;
  int n = 0;  ///< differences
  TruthVerdict verdict = TruthVerdict::kInconclusive;
};

/// Holds: the interval overlaps expected ± tolerance, and is narrow enough to say so. Does not hold: it lies
/// outside; a range of fewer than kRoundsForInterval differences must do so by more than its own width, since
/// three values often lie on one side of their median. Inconclusive: all else.
TruthFinding judge_truth(std::span<const double> differences, const TruthRule& rule);

/// b − a by round, in the order of the rounds that have both; warm-up and points of curves left out. With
/// `since`, each side is its metric less that one of the same round: a phase in place of a time since t0.
std::vector<double> paired_differences(const Run& run, const std::string& scenario, const std::string& metric,
                                       const std::string& a, const std::string& b,
                                       const std::string& since = {});

}  // namespace bench
