#include "bench/core/run.h"

#include <algorithm>

namespace bench {

const TargetInfo* find_target(const Run& run, std::string_view name) {
  const auto found = std::find_if(run.targets.begin(), run.targets.end(),
                                  [&](const TargetInfo& target) { return target.name == name; });
  return found == run.targets.end() ? nullptr : &*found;
}

}  // namespace bench
