#pragma once

#include <vector>

#include "bench/core/run.h"

namespace bench {

/// Fills run.summaries, run.comparisons and run.claims (by run.claim_definitions) from its samples and
/// failures, replacing what was there. Warm-up rounds are left out. A target without a valid sample has no
/// summary (its failures are in run.failures). Pure and deterministic.
void derive(Run& run);

struct TargetPair {
  const TargetInfo* a = nullptr;
  const TargetInfo* b = nullptr;
};

/// The target that the others are held against: the run's baseline, else the first container, else the first
/// target. Null for a run without targets.
const TargetInfo* baseline_of(const Run& run);

/// Who is compared with whom: the baseline as `a` against every other target, then every other target with a
/// kernel of its own against every later one. Pointers into run.targets.
std::vector<TargetPair> compared_pairs(const Run& run);

}  // namespace bench
