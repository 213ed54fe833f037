#include "bench/images/build/apt_packages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "bench/base/text.h"
#include "bench/images/app/refusal.h"
#include "bench/images/app/versions.h"

namespace bench {

namespace {

std::string python_of_apt() {
  try {
    // "3.11.2-1+b1"
    std::istringstream lines(run_command({"apt-cache", "show", "--no-all-versions", "python3-minimal"}).out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("Version: ")) continue;
      const std::string version = line.substr(9);
      const auto first = version.find('.');
      const auto second = version.find_first_not_of("0123456789", first + 1);
      return first == std::string::npos ? "" : version.substr(0, second);
    }
  } catch (const Error&) {
    // No apt: then nothing is built here either.
  }
  return "";
}

}  // namespace

std::string distribution_python() {
  // The distribution's default is a link: python3 -> python3.11.
  std::error_code error;
  const std::string target = std::filesystem::read_symlink("/usr/bin/python3", error).filename();
  constexpr std::string_view kName = "python";
  if (!error && target.starts_with(std::string(kName) + "3.")) return target.substr(kName.size());
  static const std::string asked = python_of_apt();
  return asked;
}

std::vector<std::string> parse_policy(std::string_view text) {
  std::vector<std::string> packages;
  std::istringstream lines{std::string(text)};
  std::string package;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != ' ' && line.back() == ':') package = line.substr(0, line.size() - 1);
    const std::string_view row = trimmed(line);
    if (row.starts_with("Candidate: ") && !row.starts_with("Candidate: (")) packages.push_back(package);
  }
  return packages;
}

std::vector<Requirement> lacking(const std::vector<Requirement>& requirements,
                                 const std::vector<std::string>& packages) {
  std::vector<Requirement> result;
  std::copy_if(requirements.begin(), requirements.end(), std::back_inserter(result),
               [&](const Requirement& one) {
                 return !one.dispensable &&
                        std::none_of(one.packages.begin(), one.packages.end(), [&](const auto& package) {
                          return std::find(packages.begin(), packages.end(), package) != packages.end();
                        });
               });
  return result;
}

void require_packages(const std::vector<Requirement>& requirements, std::stop_token stop) {
  std::vector<std::string> command = {"apt-cache", "policy"};
  for (const Requirement& one : requirements)
    command.insert(command.end(), one.packages.begin(), one.packages.end());
  const auto packages = parse_policy(check_command(command, {}, std::move(stop)));
  if (std::find(packages.begin(), packages.end(), "python3-flask") == packages.end()) return;
  std::vector<std::string> names;
  for (const Requirement& one : lacking(requirements, packages))
    names.push_back(one.where.empty() ? one.project : fmt::format("{} ({})", one.project, one.where));
  if (names.empty()) return;
  throw Error(
      ErrorCode::kUnavailable,
      fmt::format("the app asks for what the distribution has no package of: {}", fmt::join(names, ", ")),
      fmt::format("{}; or drop {}", kOtherWays, names.size() == 1 ? "it" : "them"));
}

std::string wanted_rows(const std::vector<Requirement>& requirements) {
  std::string rows;
  for (const Requirement& one : requirements) {
    rows += fmt::format("{} {} {}\n", one.project, one.dispensable ? "dispensable" : "needed",
                        fmt::join(one.packages, " "));
  }
  return rows;
}

std::map<std::string, std::string> parse_installed(std::string_view text) {
  std::map<std::string, std::string> installed;
  std::istringstream lines{std::string(text)};
  for (std::string name, version; lines >> name >> version;) installed[name] = version;
  return installed;
}

std::vector<std::string> version_notes(const std::vector<Requirement>& requirements,
                                       const std::map<std::string, std::string>& installed) {
  std::vector<std::string> other, absent, notes;
  std::set<std::string> files;
  for (const Requirement& one : requirements) {
    const auto found = installed.find(one.project);
    const std::string version = found == installed.end() ? "-" : found->second;
    if (version == "-" && one.dispensable) {
      absent.push_back(one.project);
    } else if (!one.specifier.empty() && satisfies(version, one.specifier) != true) {
      other.push_back(fmt::format("{}{} ({})", one.project, one.specifier,
                                  version == "-" ? "of unknown version" : version));
      files.insert(one.where.substr(0, one.where.find(" line ")));
    }
  }
  if (!other.empty()) {
    notes.push_back(
        fmt::format("{}: the distribution's version is measured in place of the one asked for: {}",
                    fmt::join(files, ", "), fmt::join(other, ", ")));
  }
  if (!absent.empty()) {
    notes.push_back(
        fmt::format("not installed, as the distribution has no package of it and the app runs without: {}",
                    fmt::join(absent, ", ")));
  }
  return notes;
}

}  // namespace bench
