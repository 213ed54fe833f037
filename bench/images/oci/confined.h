#pragma once

#include <sys/types.h>

#include <string>

#include "bench/base/fd.h"

namespace bench {

/// Opens `path` below the directory `root` as if that were `/`: absolute links, links with `..` and `..`
/// itself stay inside, the kernel sees to it. A closed Fd and errno when there is no such file. Throws
/// Error{kUnavailable} where the kernel has no openat2 (before Linux 5.6, or a sandbox that forbids it).
Fd open_in_root(int root, const std::string& path, int flags, mode_t mode = 0);

/// A path of an image relative to its top, without `.`, `..` and double slashes: "" is the top itself.
/// Throws Error{kUsage} when it leads above the top; `what` says whose path it is.
std::string path_below_top(const std::string& path, const std::string& what);

/// The same, but `..` at the top stays there, as in a root directory: for the target of a link.
std::string path_in_root(const std::string& path);

/// What is before and after the last slash.
struct SplitPath {
  std::string parent, name;
};
SplitPath split_path(const std::string& path);

}  // namespace bench
