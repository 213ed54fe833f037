#pragma once

#include "bench/core/run.h"

namespace bench {

/// Fills run.claims: one verdict per entry of run.claim_definitions, from the run's samples, summaries and
/// comparisons (derive() has made them). The rules are those of docs/claims.md. A claim about all VMs must
/// hold against each of them in each of its metrics, so its figures are those of the least favourable pair.
/// Pure.
void judge_claims(Run& run);

/// The verdict on one claim.
Claim judge_claim(const Run& run, const ClaimDefinition& definition);

}  // namespace bench
