#include "drivers/libvirt/targets.h"

#include <fmt/format.h>

#include "bench/base/error.h"

namespace bench {

Artefact libvirt_artefact(const std::string& profile) {
  for (const Profile& one : libvirt_profiles()) {
    if (one.name == profile) return one.needs;
  }
  throw Error(ErrorCode::kUsage, fmt::format("libvirt has no profile '{}'", profile),
              "see bench list targets");
}

Traits libvirt_traits(Acceleration acceleration, bool hears_power_button) {
  Traits traits = vm_traits(acceleration, hears_power_button);
  // While libvirt itself ends a guest it looks every 200 ms whether QEMU has gone (virProcessKillPainfully),
  // and the call takes no less.
  constexpr double kLibvirtStep = 0.2;
  traits.stop_resolution = traits.polite_stop ? Seconds(kPowerButtonStep).count() : kLibvirtStep;
  return traits;
}

const VmImage& libvirt_image(const ImageSet& images, const std::string& profile) {
  const auto found = images.disks.find(libvirt_artefact(profile));
  if (found == images.disks.end()) {
    throw Error(ErrorCode::kUnavailable, fmt::format("no VM image was built for the profile '{}'", profile),
                "build it: bench prepare --targets libvirt:" + profile);
  }
  return found->second;
}

}  // namespace bench
