#include "bench/images/oci/confined.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <cerrno>
#include <optional>
#include <sstream>
#include <vector>

#include "bench/base/error.h"

namespace bench {

Fd open_in_root(int root, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  // EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether `..` left the top.
  for (int tries = 0; tries < 100; ++tries) {
    Fd file(static_cast<int>(syscall(SYS_openat2, root, name, &how, sizeof how)));
    if (file.open() || (errno != EAGAIN && errno != EINTR)) {
      if (!file.open() && errno == ENOSYS) {
        throw Error(ErrorCode::kUnavailable,
                    "this kernel cannot open files confined to a directory (openat2)",
                    "use Linux 5.6 or newer, outside of a sandbox that forbids openat2");
      }
      return file;
    }
  }
  return {};
}

namespace {

/// Nothing when the path leads above the top and may not.
std::optional<std::string> cleaned(const std::string& path, bool stays_at_top) {
  std::vector<std::string> parts;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '/');) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    } else if (!stays_at_top) {
      return std::nullopt;
    }
  }
  std::string result;
  for (const std::string& part : parts) result += (result.empty() ? "" : "/") + part;
  return result;
}

}  // namespace

std::string path_below_top(const std::string& path, const std::string& what) {
  if (auto result = cleaned(path, false)) return *result;
  throw Error(ErrorCode::kUsage, fmt::format("{} leads out of the image: {}", what, path),
              "no engine takes such an image: build it again");
}

std::string path_in_root(const std::string& path) {
  return cleaned(path, true).value();
}

SplitPath split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace bench
