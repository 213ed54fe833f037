#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/images/weigh/categories.h"

namespace bench {

/// What dpkg says about a system: which package a file is of, and what the package is there for.
///
/// The reason is found from the dependencies: `base` is what is essential or of priority "required", apt, and
/// all that these need; `python` what python3 needs on top; `dependencies` what the python3-* packages need
/// on top; kernels are known by their section; the rest is `init`: what makes a machine of the system.
class PackageDatabase {
 public:
  PackageDatabase() = default;
  /// `status`: /var/lib/dpkg/status. `lists`: by file name ("libc6:amd64.list"), /var/lib/dpkg/info/*.list.
  PackageDatabase(std::string_view status, const std::map<std::string, std::string>& lists);

  /// Of the package that `path` (relative to the top, as in plain_path) belongs to; null when no package has
  /// it. A directory of several packages is the most basic one's.
  [[nodiscard]] const Category* of_path(const std::string& path) const;
  [[nodiscard]] const Category* of_package(const std::string& package) const;

 private:
  std::map<std::string, Category> packages_;
  std::unordered_map<std::string, Category> paths_;
};

/// "./lib/x", "/lib/x" and "lib/x/" are all "usr/lib/x": without what does not tell files apart, and with
/// /bin, /sbin and /lib* where a merged /usr keeps them.
std::string plain_path(std::string_view path);

}  // namespace bench
