#pragma once

#include <string>
#include <vector>

#include "bench/report/view/document.h"

namespace bench {

/// A run among several, as people call it.
struct NamedRun {
  std::string name;  ///< unique among them
  Run run;           ///< with its derived parts
};

/// A fact of the environment that is not the same in all runs.
struct FactDifference {
  std::string fact;
  std::vector<std::string> values;  ///< per run; "absent" where it was not stored
};

/// In the order of the facts' names; empty where all runs may be compared.
std::vector<FactDifference> fingerprint_differences(const std::vector<NamedRun>& runs);

/// One report on all of them, a column each. What differs between their environments stands at the top.
Document side_by_side(const std::vector<NamedRun>& runs);

}  // namespace bench
