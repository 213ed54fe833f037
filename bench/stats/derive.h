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

/// Who is compared with whom: the first container (else the first target) as `a` against every other target,
/// then every VM against every later VM. Pointers into run.targets.
std::vector<TargetPair> compared_pairs(const Run& run);

}  // namespace bench
