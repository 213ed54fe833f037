#include "bench/core/process_role.h"

#include <algorithm>

namespace bench {

std::string role_words(const Run& run, const std::string& role) {
  const auto* const known = std::find_if(kProcessRoles.begin(), kProcessRoles.end(),
                                         [&](const ProcessRole& one) { return one.name == role; });
  if (known != kProcessRoles.end()) return std::string(known->words);
  for (const TargetInfo& target : run.targets) {
    const auto declared = target.traits.roles.find(role);
    if (declared != target.traits.roles.end()) return declared->second;
  }
  return role;
}

}  // namespace bench
