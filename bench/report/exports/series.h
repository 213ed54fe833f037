#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/run.h"

namespace bench {

// What the exports share.

/// True for what is compared and of which less is better. Tools that raise an alarm for every series should
/// not be given figures about the measuring itself, parts of another figure and cross-checks.
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

}  // namespace bench
