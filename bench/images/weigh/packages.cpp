#include "bench/images/weigh/packages.h"

#include <algorithm>

#include "bench/images/weigh/package_lists.h"

namespace bench {

namespace {

/// Gives packages their reason, each the first one that reaches it.
class Reasons {
 public:
  explicit Reasons(const std::vector<InstalledPackage>& packages) {
    for (const auto& package : packages) by_name_.emplace(package.name, &package);
    for (const auto& package : packages) {
      for (const auto& name : package.provides) by_name_.emplace(name, &package);
    }
  }

  void reach(const std::string& name, Category category) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end() || !result.emplace(found->second->name, category).second) return;
    for (const auto& alternatives : found->second->needs) {
      for (const auto& one : alternatives) {
        if (!by_name_.contains(one)) continue;
        reach(one, category);
        break;
      }
    }
  }

  std::map<std::string, Category> result;

 private:
  std::map<std::string, const InstalledPackage*> by_name_;
};

std::map<std::string, Category> reasons(const std::vector<InstalledPackage>& packages, Remainder remainder) {
  Reasons reasons(packages);
  for (const auto& package : packages) {
    if (package.basic) reasons.reach(package.name, Category::kBase);
  }
  reasons.reach("python3", Category::kPython);
  for (const auto& package : packages) {
    const bool of_python = package.name.starts_with("python3-") || package.name.starts_with("py3-");
    if (of_python) reasons.reach(package.name, Category::kDependencies);
  }
  if (remainder == Remainder::kApp) {
    for (const char* init : {"systemd", "sysvinit-core", "openrc", "runit", "s6"}) {
      reasons.reach(init, Category::kInit);
    }
  }
  const Category rest = remainder == Remainder::kApp ? Category::kDependencies : Category::kInit;
  for (const auto& package : packages) {
    reasons.result.emplace(package.name, package.kernel ? Category::kKernel : rest);
  }
  return reasons.result;
}

/// The smaller, the more basic: a directory that many packages share is the most basic one's.
int depth(Category category) {
  switch (category) {
    case Category::kBase:
      return 0;
    case Category::kPython:
      return 1;
    case Category::kDependencies:
      return 2;
    case Category::kInit:
      return 3;
    default:
      return 4;
  }
}

}  // namespace

std::string plain_path(std::string_view path) {
  while (path.starts_with("./") || path.starts_with('/')) path.remove_prefix(path.starts_with('/') ? 1 : 2);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path == ".") return {};
  const std::string_view top = path.substr(0, path.find('/'));
  const bool merged =
      top == "bin" || top == "sbin" || top == "lib" || top == "lib32" || top == "lib64" || top == "libx32";
  return (merged ? "usr/" : "") + std::string(path);
}

PackageDatabase::PackageDatabase(const std::vector<InstalledPackage>& packages, Remainder remainder)
    : packages_(reasons(packages, remainder)) {
  for (const InstalledPackage& package : packages) {
    const Category category = packages_.at(package.name);
    for (const std::string& file : package.files) {
      const auto [place, added] = paths_.emplace(plain_path(file), category);
      if (!added && depth(category) < depth(place->second)) place->second = category;
    }
  }
}

PackageDatabase::PackageDatabase(std::string_view status, const std::map<std::string, std::string>& lists)
    : PackageDatabase(dpkg_packages(status, lists), Remainder::kMachine) {}

const Category* PackageDatabase::of_path(const std::string& path) const {
  const auto found = paths_.find(path);
  return found == paths_.end() ? nullptr : &found->second;
}

const Category* PackageDatabase::of_package(const std::string& package) const {
  const auto found = packages_.find(package);
  return found == packages_.end() ? nullptr : &found->second;
}

}  // namespace bench
