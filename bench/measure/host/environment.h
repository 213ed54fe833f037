#pragma once

#include <filesystem>

#include "bench/core/run.h"

namespace bench {

/// What the numbers of a run depend on: the fingerprint (must match before two runs are compared), the
/// volatile state of the host, and warnings with remedies. A fact that cannot be found out is monostate,
/// never a default; every key is always there. `image_store` is where the images lie (its file system and
/// disk count). `sysroot` is where proc/, sys/ and run/ are looked for. Takes about 0.1 s (steal needs two
/// readings).
Environment read_environment(const std::filesystem::path& image_store,
                             const std::filesystem::path& sysroot = "/");

/// The fingerprint alone.
Facts read_fingerprint(const std::filesystem::path& image_store, const std::filesystem::path& sysroot = "/");

}  // namespace bench
