#pragma once

#include <filesystem>

namespace bench {

/// UEFI firmware without secure boot, and its template of variables.
struct Firmware {
  std::filesystem::path code, variables;
};

/// Where distributions are known to keep it, or by the descriptions that QEMU's packages bring for it. Throws
/// Error{kUnavailable} with a remedy.
Firmware find_firmware(const std::string& machine, const std::filesystem::path& sysroot = "/");

}  // namespace bench
