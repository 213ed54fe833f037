#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/images/boot/modules.h"
#include "bench/images/build/images.h"

namespace bench {

/// Which kernel a guest boots.
struct KernelChoice {
  std::string kernel = "distribution";  ///< "distribution" | "host" | a file
  std::filesystem::path modules;  ///< of a file: /lib/modules/RELEASE, or a tree with that in it; empty: this
                                  ///< host's own of the same release, or none
};

struct GuestKernel {
  std::string source;           ///< for people: "distribution", "host", or the file
  std::filesystem::path image;  ///< the kernel itself
  std::string release;          ///< "6.1.0-56-cloud-amd64"
  std::vector<GuestModule>
      modules;  ///< in the order in which the guest loads them; what is built in needs none
};

/// The drivers that a guest needs: its disk, its network card, its file system, and the power button.
extern const std::vector<std::string> kGuestDrivers;

/// Finds the kernel, and its drivers. The distribution's is downloaded once and kept with the images (for
/// which it needs root); of `request` its store and its progress are used. Throws Error{kUsage} for a file
/// that is no kernel and for modules of another kernel, Error{kUnavailable} when this host's kernel has no
/// file, cannot be read, or lacks a driver.
GuestKernel find_kernel(const KernelChoice& choice, const ImageRequest& request, std::stop_token stop);

/// The release that a kernel's file states. Throws Error{kUsage} when it cannot be read, or is no Linux
/// kernel that boots on x86.
std::string kernel_release(const std::filesystem::path& file);

/// The host's own, below `root` ("/" but in tests).
GuestKernel host_kernel(const std::filesystem::path& root, const std::string& release);

/// A file and its modules; see KernelChoice. `host_modules` is /lib/modules but in tests.
GuestKernel file_kernel(const std::filesystem::path& file, const std::filesystem::path& modules,
                        const std::filesystem::path& host_modules);

}  // namespace bench
