#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/images/boot/kernel.h"
#include "bench/images/build/images.h"

namespace bench {

/// The distribution's kernel for virtual machines, from this user's images or the shared ones, or downloaded.
GuestKernel distribution_kernel(const ImageRequest& request, std::stop_token stop);

/// Unpacks what a Debian package has below lib/modules into `dir`. Throws Error{kCorrupt}.
void unpack_modules(const std::filesystem::path& package, const std::filesystem::path& dir);

}  // namespace bench
