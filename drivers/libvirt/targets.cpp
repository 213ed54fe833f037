#include "drivers/libvirt/targets.h"

#include <fmt/format.h>

#include "bench/core/error.h"

namespace bench {

Artefact libvirt_artefact(const std::string& profile) {
  for (const Profile& one : libvirt_profiles()) {
    if (one.name == profile) return one.needs;
  }
  throw Error(ErrorCode::kUsage, fmt::format("libvirt has no profile '{}'", profile),
              "see bench list targets");
}

Traits libvirt_traits(const std::string& profile, Acceleration acceleration) {
  return {.kernel = KernelOf::kOwn,
          .boundary = acceleration == Acceleration::kTcg ? Boundary::kEmulated : Boundary::kHardware,
          .firmware = true,
          .serial_console = true,
          .polite_stop = hears_power_button(libvirt_artefact(profile)),
          .roles = {{"vmm", "the VMM"}, {"proxy", "what carries the port into the guest"}}};
}

}  // namespace bench
