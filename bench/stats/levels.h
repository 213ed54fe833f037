#pragma once

#include <cstddef>
#include <span>

namespace bench {

// What a history of medians is at: after a step the runs before it say how much a run varies, and no longer
// where it belongs.

/// The last level of a history.
struct Level {
  std::size_t from = 0;  ///< index of its first value
  int runs = 0;
  double centre = 0;        ///< median
  double spread = 0;        ///< of a single run about its level, in the unit (scaled MAD)
  bool after_step = false;  ///< a step lies before it
};

struct LevelRules {
  std::size_t window = 20;  ///< the latest values make the level
  std::size_t enough = 10;  ///< of a shorter level the spread is also that of the values before it
};

inline constexpr double kMadToDeviation = 1.4826;  ///< of a normal distribution

/// `values` oldest first, at least one. Steps are looked for in twice the window; they are seen after three
/// runs (as Apache Otava's stable range, with the change points of changepoint.h).
Level last_level(std::span<const double> values, const LevelRules& rules = {});

/// How much less sure the middle of `runs` values is than a single one: its standard error over their
/// deviation.
double error_of_median(std::size_t runs);

/// Whether a step came within a run or two and did not creep: the few values on both sides of `from` differ
/// by more than `threshold`.
bool is_abrupt(std::span<const double> values, std::size_t from, double threshold);

}  // namespace bench
