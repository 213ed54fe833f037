#include "bench/images/weigh/packages.h"

#include <algorithm>
#include <set>
#include <vector>

#include "bench/base/text.h"

namespace bench {

namespace {

struct Package {
  std::string name, section, priority;
  bool essential = false;
  std::vector<std::vector<std::string>> needs;  ///< one of each
  std::vector<std::string> provides;
};

/// Calls `each` with the parts between `separator`s, trimmed.
template <typename Each>
void each_part(std::string_view text, char separator, Each each) {
  while (true) {
    const auto end = text.find(separator);
    each(trimmed(text.substr(0, end), " \t"));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// "libc6:any (>= 2.36)" → "libc6".
std::string package_name(std::string_view relation) {
  return std::string(relation.substr(0, relation.find_first_of(" (:[")));
}

void add_needs(Package& package, std::string_view field) {
  each_part(field, ',', [&](std::string_view group) {
    std::vector<std::string> alternatives;
    each_part(group, '|', [&](std::string_view one) { alternatives.push_back(package_name(one)); });
    package.needs.push_back(std::move(alternatives));
  });
}

/// The installed packages. Continued lines (descriptions, file lists) say nothing of interest here.
std::vector<Package> parse_status(std::string_view text) {
  std::vector<Package> result;
  Package package;
  bool installed = false;
  const auto finish = [&] {
    if (installed && !package.name.empty()) result.push_back(package);
    package = {};
    installed = false;
  };
  each_part(text, '\n', [&](std::string_view line) {
    if (line.empty()) return finish();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view key = line.substr(0, colon), value = trimmed(line.substr(colon + 1), " \t");
    if (key == "Package") package.name = value;
    if (key == "Section") package.section = value;
    if (key == "Priority") package.priority = value;
    if (key == "Essential") package.essential = value == "yes";
    if (key == "Status") installed = value.ends_with(" installed");
    if (key == "Depends" || key == "Pre-Depends") add_needs(package, value);
    if (key == "Provides") {
      each_part(value, ',', [&](std::string_view one) { package.provides.push_back(package_name(one)); });
    }
  });
  finish();
  return result;
}

/// Gives packages their reason, each the first one that reaches it.
class Reasons {
 public:
  explicit Reasons(const std::vector<Package>& packages) {
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
  std::map<std::string, const Package*> by_name_;
};

std::map<std::string, Category> reasons(const std::vector<Package>& packages) {
  Reasons reasons(packages);
  for (const auto& package : packages) {
    if (package.essential || package.priority == "required") reasons.reach(package.name, Category::kBase);
  }
  reasons.reach("apt", Category::kBase);
  reasons.reach("python3", Category::kPython);
  for (const auto& package : packages) {
    if (package.name.starts_with("python3-")) reasons.reach(package.name, Category::kDependencies);
  }
  for (const auto& package : packages) {
    const bool kernel = package.section.ends_with("kernel") && package.name.starts_with("linux-");
    reasons.result.emplace(package.name, kernel ? Category::kKernel : Category::kInit);
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

PackageDatabase::PackageDatabase(std::string_view status, const std::map<std::string, std::string>& lists)
    : packages_(reasons(parse_status(status))) {
  for (const auto& [file, text] : lists) {
    const auto found = packages_.find(file.substr(0, std::min(file.find(':'), file.rfind(".list"))));
    if (found == packages_.end()) continue;
    const Category category = found->second;
    each_part(text, '\n', [&](std::string_view line) {
      if (line.empty()) return;
      const auto [place, added] = paths_.emplace(plain_path(line), category);
      if (!added && depth(category) < depth(place->second)) place->second = category;
    });
  }
}

const Category* PackageDatabase::of_path(const std::string& path) const {
  const auto found = paths_.find(path);
  return found == paths_.end() ? nullptr : &found->second;
}

const Category* PackageDatabase::of_package(const std::string& package) const {
  const auto found = packages_.find(package);
  return found == packages_.end() ? nullptr : &found->second;
}

}  // namespace bench
