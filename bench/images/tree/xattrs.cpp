#include "bench/images/tree/xattrs.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "bench/base/error.h"

namespace bench {

bool xattr_of_image(const std::string& name) {
  return name != "security.selinux" && name != "system.data";
}

std::map<std::string, std::string> read_xattrs(const std::string& file) {
  std::map<std::string, std::string> found;
  const auto fail = [&file] {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot read the attributes of {}: {}", file, std::strerror(errno)));
  };
  const ssize_t list_size = llistxattr(file.c_str(), nullptr, 0);
  if (list_size < 0 && errno != ENOTSUP) fail();
  if (list_size <= 0) return found;
  std::string names(static_cast<std::size_t>(list_size), '\0');
  const ssize_t listed = llistxattr(file.c_str(), names.data(), names.size());
  if (listed < 0) fail();
  names.resize(static_cast<std::size_t>(listed));
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, '\0');) {
    if (!xattr_of_image(name)) continue;
    const ssize_t size = lgetxattr(file.c_str(), name.c_str(), nullptr, 0);
    if (size < 0) fail();
    std::string value(static_cast<std::size_t>(size), '\0');
    if (lgetxattr(file.c_str(), name.c_str(), value.data(), value.size()) != size) fail();
    found[name] = value;
  }
  return found;
}

void clear_xattrs(const std::string& file) {
  for (const auto& [name, value] : read_xattrs(file)) {
    if (lremovexattr(file.c_str(), name.c_str()) != 0 && errno != ENODATA) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot remove the attribute {} of {}: {}", name, file, std::strerror(errno)));
    }
  }
}

}  // namespace bench
