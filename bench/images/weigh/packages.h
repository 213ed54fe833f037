#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/images/weigh/categories.h"

namespace bench {

/// A package as the database of its manager has it.
struct InstalledPackage {
  std::string name;
  std::vector<std::vector<std::string>> needs;  ///< one of each; names, or what packages provide
  std::vector<std::string> provides;
  std::vector<std::string> files;
  bool basic = false;   ///< no system of this distribution is without it
  bool kernel = false;  ///< a kernel or its modules
};

/// What the packages of a system are there for that nothing basic, no Python and no kernel explains.
enum class Remainder {
  kMachine,  ///< of a system made here for an app on Flask: what makes a machine of it
  kApp,      ///< of an image that somebody made for an app: what the app asks for
};

/// What package managers say about a system: which package a file is of, and what the package is there for.
///
/// The reason is found from the dependencies: `base` is what is basic and all that it needs; `python` what
/// python3 needs on top; `dependencies` what Python's packages need on top; of an image `init` what an init
/// system needs; kernels are known as such; the rest is the Remainder.
class PackageDatabase {
 public:
  PackageDatabase() = default;
  PackageDatabase(const std::vector<InstalledPackage>& packages, Remainder remainder);
  /// Of dpkg. `status`: /var/lib/dpkg/status. `lists`: by file name ("libc6:amd64.list"),
  /// /var/lib/dpkg/info/*.list.
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
