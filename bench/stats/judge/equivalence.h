#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

enum class Sameness {
  kSame,
  kDifferent,  ///< a mismatch: what was measured is not the same thing
  kByDesign,   ///< differs because that is the point (the kernel of a VM)
  kWarned,     ///< differs, and that is a warning of the run: it may explain a difference and forbids none
  kUnknown,    ///< at least one target did not say
};

/// How the rows of the variables that were given to the apps begin.
inline constexpr const char* kVariableRow = "variable ";

/// One thing that the instances of a run must have in common.
struct EquivalenceRow {
  std::string name;  ///< "app", "python", "flask", "kernel", "cpus seen", "memory given", "variable PORT"
  std::vector<std::string> values;  ///< per target, in the order given; empty is unknown
  Sameness sameness = Sameness::kUnknown;
  bool hash = false;  ///< its values are hexadecimal digits, of which twelve tell people enough
};

/// Memory seen may be less than memory given: a guest's kernel keeps some for itself. 64 MiB and 5 % of the
/// larger value are taken for that; the limits that were asked for must be equal.
std::vector<EquivalenceRow> equivalence(const std::vector<const TargetInfo*>& targets);

/// What differs in how the program of an image was started; nothing where all is the same or unknown.
std::optional<Warning> started_differently(const std::vector<TargetInfo>& targets);

/// What makes `a` and `b` two different things, in words ("python 3.11.2 against 3.12.3"); empty if nothing.
std::string mismatch(const TargetInfo& a, const TargetInfo& b);

/// The names of what at least one of the two did not say; empty when everything is verified.
std::string unverified(const TargetInfo& a, const TargetInfo& b);

}  // namespace bench
