#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/core/run.h"

namespace bench {

// Under which conditions a figure was measured, and how those of two runs differ. The app, its image and its
// dependencies are no condition: they are what is watched.

/// The conditions of one target of a run as a short digest: host, cache state, engine, acceleration, limits.
/// Figures with another digest do not belong to the same history.
std::string conditions_digest(const Run& run, const TargetInfo& target);

/// One thing that is not alike in two runs.
struct Difference {
  std::string what;      ///< "kernel", "docker: engine version"
  std::string a, b;      ///< as people read them; "unknown" where it is not known
  std::string in_words;  ///< one sentence
  bool forbids = false;  ///< true: figures of the two runs must not be compared
};

/// How run b differs from run a: what forbids a comparison first, then what may explain a difference (app,
/// image, versions, load). Targets are those named `target_a` of a and `target_b` of b, one pair after the
/// other.
std::vector<Difference> differences(const Run& a, const Run& b,
                                    const std::vector<std::pair<std::string, std::string>>& targets);

}  // namespace bench
