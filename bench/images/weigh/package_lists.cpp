#include "bench/images/weigh/package_lists.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bench/base/text.h"

namespace bench {

namespace {

/// Calls `each` with the parts between `separator`s, trimmed.
template <typename Each>
void each_part(std::string_view text, char separator, Each each) {
  while (true) {
    const auto end = text.find(separator);
    each(trimmed(text.substr(0, end), " \t\r"));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// "libc6:any (>= 2.36)" → "libc6".
std::string package_name(std::string_view relation) {
  return std::string(relation.substr(0, relation.find_first_of(" (:[")));
}

void add_needs(InstalledPackage& package, std::string_view field) {
  each_part(field, ',', [&](std::string_view group) {
    std::vector<std::string> alternatives;
    each_part(group, '|', [&](std::string_view one) { alternatives.push_back(package_name(one)); });
    package.needs.push_back(std::move(alternatives));
  });
}

/// The stanzas of dpkg's status that say "installed". Continued lines (descriptions, file lists) say nothing
/// of interest here.
std::vector<InstalledPackage> parse_status(std::string_view text) {
  std::vector<InstalledPackage> result;
  InstalledPackage package;
  bool installed = false, of_kernels = false;
  const auto finish = [&] {
    package.kernel = of_kernels && package.name.starts_with("linux-");
    package.basic = package.basic || package.name == "apt";
    if (installed && !package.name.empty()) result.push_back(package);
    package = {};
    installed = of_kernels = false;
  };
  each_part(text, '\n', [&](std::string_view line) {
    if (line.empty()) return finish();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view key = line.substr(0, colon), value = trimmed(line.substr(colon + 1), " \t");
    if (key == "Package") package.name = value;
    if (key == "Section") of_kernels = value.ends_with("kernel");
    if ((key == "Priority" && value == "required") || (key == "Essential" && value == "yes"))
      package.basic = true;
    if (key == "Status") installed = value.ends_with(" installed");
    if (key == "Depends" || key == "Pre-Depends") add_needs(package, value);
    if (key == "Provides") {
      each_part(value, ',', [&](std::string_view one) { package.provides.push_back(package_name(one)); });
    }
  });
  finish();
  return result;
}

/// "so:libc.musl-x86_64.so.1", "cmd:sh=1.35-r0", "python3~3.11" → without the version.
std::string apk_name(std::string_view word) {
  return std::string(word.substr(0, word.find_first_of("<>=~")));
}

constexpr std::array<std::string_view, 9> kApkBase = {
    "alpine-base", "alpine-baselayout", "alpine-release", "alpine-keys", "apk-tools",
    "busybox",     "wolfi-baselayout",  "wolfi-keys",     "musl"};
constexpr std::array<std::string_view, 4> kApkKernels = {"linux-lts", "linux-virt", "linux-edge",
                                                         "linux-stable"};

template <std::size_t Count>
bool is_among(const std::string& name, const std::array<std::string_view, Count>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// One line of apk's database: a letter, a colon, a value.
void read_apk_line(char key, std::string_view value, std::string& directory, InstalledPackage& package) {
  switch (key) {
    case 'P':
      package.name = value;
      package.basic = is_among(package.name, kApkBase);
      package.kernel = is_among(package.name, kApkKernels);
      break;
    case 'D':
      each_part(value, ' ', [&](std::string_view one) {
        if (!one.empty() && one.front() != '!') package.needs.push_back({apk_name(one)});
      });
      break;
    case 'p':
      each_part(value, ' ', [&](std::string_view one) {
        if (!one.empty()) package.provides.push_back(apk_name(one));
      });
      break;
    case 'F':
      directory = value;
      package.files.push_back(directory);
      break;
    case 'R':
      package.files.push_back(directory.empty() ? std::string(value) : directory + "/" + std::string(value));
      break;
    default:
      break;
  }
}

}  // namespace

std::vector<InstalledPackage> dpkg_packages(std::string_view status,
                                            const std::map<std::string, std::string>& lists) {
  std::vector<InstalledPackage> packages = parse_status(status);
  std::map<std::string, InstalledPackage*> by_name;
  for (auto& package : packages) by_name.emplace(package.name, &package);
  for (const auto& [file, text] : lists) {
    const auto found = by_name.find(file.substr(0, std::min(file.find(':'), file.rfind(".list"))));
    if (found == by_name.end()) continue;
    each_part(text, '\n', [&](std::string_view line) {
      if (!line.empty()) found->second->files.emplace_back(line);
    });
  }
  return packages;
}

std::vector<InstalledPackage> apk_packages(std::string_view installed) {
  std::vector<InstalledPackage> result;
  InstalledPackage package;
  std::string directory;
  const auto finish = [&] {
    if (!package.name.empty()) result.push_back(std::move(package));
    package = {};
    directory.clear();
  };
  each_part(installed, '\n', [&](std::string_view line) {
    if (line.empty()) return finish();
    if (line.size() > 1 && line[1] == ':') read_apk_line(line[0], line.substr(2), directory, package);
  });
  finish();
  return result;
}

}  // namespace bench
