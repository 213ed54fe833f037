#pragma once

#include <cstdint>
#include <filesystem>

#include "bench/images/boot/guest_config.h"
#include "bench/images/boot/kernel.h"

namespace bench {

/// Writes an initramfs (newc, not compressed) with the init, its configuration, and the kernel's modules: the
/// disk needs nothing beside the image's files. `file` is readable by its owner only, since the configuration
/// holds the environment. Returns its size. Throws Error{kUsage} as guest_config_text, Error{kUnavailable}
/// when this build has no init, Error{kIo}.
std::int64_t write_image_initramfs(const GuestKernel& kernel, const GuestConfig& config,
                                   const std::filesystem::path& file);

/// The kernel's command line for it. Without `root=`: the init mounts the disk.
inline constexpr const char* kImageCmdline = "console=ttyS0 panic=-1 loglevel=6 nokaslr";

}  // namespace bench
