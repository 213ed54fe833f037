#pragma once

#include <string>

namespace bench {

/// What an image runs on, in the words of the OCI image specification (those of Go).
struct Platform {
  std::string os;            ///< "linux"
  std::string architecture;  ///< "amd64", "arm64", …
  std::string variant;       ///< "v7", "v8"; empty where there is none
};

/// Of the running kernel. A machine that Go has no name for keeps the kernel's.
Platform this_platform();

/// "linux/arm/v7".
std::string platform_text(const Platform& platform);

/// How well an image of `offered` suits a machine of `wanted`: 0 not at all, more is better. An empty
/// architecture fits: some images say nothing.
int platform_fit(const Platform& wanted, const Platform& offered);

}  // namespace bench
