#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace bench {

// What can be said of this driver's targets without libvirt, in a build that has none too.

inline const std::vector<Profile>& libvirt_profiles() {
  static const std::vector<Profile> profiles{{"direct", Artefact::kDirectDisk},
                                             {"full", Artefact::kFullDisk}};
  return profiles;
}

inline const std::vector<ParameterSpec>& libvirt_parameters() {
  static const std::vector<ParameterSpec> parameters{
      {.key = "accel",
       .words = "how the guest's CPU is run, in place of --accel",
       .values = word_list<AccelerationWish>()}};
  return parameters;
}

/// Throws Error{kUsage} for a profile that there is not.
Artefact libvirt_artefact(const std::string& profile);

/// Throws Error{kUnavailable} where the images have none for it.
const VmImage& libvirt_image(const ImageSet& images, const std::string& profile);

/// `hears_power_button`: of the image that it starts; else its plug is pulled.
Traits libvirt_traits(Acceleration acceleration, bool hears_power_button);

/// How often we look whether a guest has heard its power button and ended.
inline constexpr std::chrono::milliseconds kPowerButtonStep{2};

}  // namespace bench
