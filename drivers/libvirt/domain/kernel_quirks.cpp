#include "drivers/libvirt/domain/kernel_quirks.h"

#include <cstdio>
#include <utility>

namespace bench {

std::vector<std::string> features_that_break(const std::string& kernel_release, unsigned long qemu_version,
                                             Acceleration acceleration) {
  constexpr unsigned long kQemu8 = 8000000;
  if (acceleration != Acceleration::kTcg || qemu_version >= kQemu8) return {};
  std::pair<int, int> kernel{0, 0};
  // A release that is not understood may be a newer one: a feature too few costs nothing that is measured.
  if (std::sscanf(kernel_release.c_str(), "%d.%d", &kernel.first, &kernel.second) == 2 &&
      kernel < std::pair{6, 12}) {
    return {};
  }
  return {"cx16"};
}

}  // namespace bench
