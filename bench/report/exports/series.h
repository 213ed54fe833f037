#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/run.h"

namespace bench {

// What the exports share.

/// False for figures about the measuring itself, for parts of another figure and for cross-checks: tools that
/// raise an alarm for every series should not be given these.
bool is_headline_metric(const Run& run, std::string_view metric);

/// True for those of which less is better.
bool smaller_is_better(const Run& run, const Summary& summary);

/// Every counted sample (no warm-up, no point of a curve) of one trial.
struct TrialSamples {
  int round = 0;
  std::vector<const Sample*> samples;

  /// Null where this trial has no such sample.
  [[nodiscard]] const Sample* find(std::string_view metric) const;
};

/// The trials of a target in the order of the rounds.
std::vector<TrialSamples> trials_of(const Run& run, std::string_view target);

/// Null where nothing valid was measured.
const Summary* find_summary(const Run& run, std::string_view target, std::string_view metric);

/// The fewest digits that read back to the same double, whatever the locale.
std::string exact(double value);

}  // namespace bench
