#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

/// Who a claim is about, in one run.
struct ClaimSides {
  const TargetInfo* side = nullptr;        ///< null: the run has none
  std::vector<const TargetInfo*> against;  ///< empty: the run has none
};

/// "container" and "vm" as `side` is the first of the kind; as `against` each of the kind that has the same
/// app (a target with an app of its own measures something else on purpose). A target's name is that target.
ClaimSides claim_sides(const Run& run, const ClaimDefinition& definition);

/// The median of what was measured; nothing where it was not.
std::optional<double> median_of(const Run& run, const std::string& target, const std::string& metric);

/// The scenario that measured `metric` in this run; else the one that its name begins with.
std::string scenario_of(const Run& run, const std::string& metric);

}  // namespace bench
