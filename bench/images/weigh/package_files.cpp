#include "bench/images/weigh/package_files.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "bench/images/weigh/package_lists.h"

namespace bench {

namespace {

constexpr std::string_view kStatus = "var/lib/dpkg/status";
constexpr std::string_view kOneByOne = "var/lib/dpkg/status.d/";
constexpr std::string_view kLists = "var/lib/dpkg/info/";
constexpr std::string_view kApk = "usr/lib/apk/db/installed";
constexpr std::string_view kRpm = "usr/lib/sysimage/rpm/rpmdb.sqlite";
constexpr std::string_view kOldRpm = "var/lib/rpm/rpmdb.sqlite";
constexpr std::string_view kSums = ".md5sums";

/// "HASH  path" a line → "/path" a line: a list of files.
std::string paths_of_sums(std::string_view sums) {
  std::string list;
  while (!sums.empty()) {
    const std::string_view line = sums.substr(0, sums.find('\n'));
    sums.remove_prefix(std::min(sums.size(), line.size() + 1));
    const std::size_t gap = line.find("  ");
    if (gap != std::string_view::npos) list += "/" + std::string(line.substr(gap + 2)) + "\n";
  }
  return list;
}

/// The stanza of one package says no status: that it is there says enough.
std::string installed_stanza(const std::string& stanza) {
  return "Status: install ok installed\n" + stanza + "\n\n";
}

std::string name_in(const std::string& stanza) {
  constexpr std::string_view kField = "Package: ";
  const std::size_t at = stanza.find(kField);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kField.size();
  return stanza.substr(begin, stanza.find('\n', begin) - begin);
}

}  // namespace

bool PackageFiles::wants(const std::string& path) {
  return path == kStatus || path == kApk || path == kRpm || path == kOldRpm || path.starts_with(kOneByOne) ||
         (path.starts_with(kLists) && path.ends_with(".list"));
}

void PackageFiles::add(const std::string& path, std::string content) {
  files_[path] = std::move(content);
}

PackageDatabase PackageFiles::database(Remainder remainder) {
  std::string status;
  std::map<std::string, std::string> lists;
  std::vector<InstalledPackage> packages;
  words_.clear();
  const auto take = [&](const char* manager, std::vector<InstalledPackage> found) {
    if (found.empty()) return;
    words_ += fmt::format("{}{}'s list of {} packages", words_.empty() ? "" : " and ", manager, found.size());
    packages.insert(packages.end(), std::make_move_iterator(found.begin()),
                    std::make_move_iterator(found.end()));
  };
  for (const auto& [path, content] : files_) {
    if (path == kStatus) status += content + "\n\n";
    if (path.starts_with(kLists)) lists[path.substr(kLists.size())] = content;
    if (!path.starts_with(kOneByOne)) continue;
    if (!path.ends_with(kSums)) {
      status += installed_stanza(content);
    } else if (const auto stanza = files_.find(path.substr(0, path.size() - kSums.size()));
               stanza != files_.end()) {
      lists[name_in(stanza->second) + ".list"] += paths_of_sums(content);
    }
  }
  take("dpkg", dpkg_packages(status, lists));
  for (const auto& [path, content] : files_) {
    if (path == kApk) take("apk", apk_packages(content));
    if (path == kRpm || path == kOldRpm) take("rpm", rpm_packages(content));
  }
  if (words_.empty()) words_ = "no list of packages, by places alone";
  return {packages, remainder};
}

}  // namespace bench
