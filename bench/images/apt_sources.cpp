#include "bench/images/apt_sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "bench/core/error.h"
#include "bench/core/subprocess.h"

namespace bench {

const char* const kIndexTargetsFormat =
    "$(CREATED_BY)|$(TARGET_OF)|$(ARCHITECTURE)|$(ORIGIN)|$(CODENAME)|$(RELEASE)|$(REPO_URI)|$(COMPONENT)";

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> fields_of(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

}  // namespace

Distribution this_distribution() {
  Distribution result;
  std::ifstream file("/etc/os-release");
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string value = line.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    const std::string name = line.substr(0, equals);
    if (name == "ID") result.id = value;
    if (name == "VERSION_CODENAME") result.codename = value;
    if (name == "VERSION_ID") result.version = value;
  }
  return result;
}

std::vector<std::string> parse_index_targets(std::string_view text, const Distribution& distribution,
                                             const std::string& architecture) {
  std::vector<std::pair<std::string, std::string>> order;  // URI and suite, as apt lists them
  std::map<std::pair<std::string, std::string>, std::set<std::string>> components;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto fields = fields_of(line, '|');
    if (fields.size() != 8 || fields[0] != "Packages" || fields[1] != "deb" || fields[2] != architecture)
      continue;
    const std::string &codename = fields[4], &release = fields[5];
    const bool ours =
        lower(fields[3]) == lower(distribution.id) &&
        (codename == distribution.codename || codename.starts_with(distribution.codename + "-"));
    const auto newer = [](const std::string& name) {
      return name.find("-backports") != std::string::npos || name.find("-proposed") != std::string::npos;
    };
    if (!ours || newer(codename) || newer(release)) continue;
    const std::pair key(fields[6], release);
    if (!components.contains(key)) order.push_back(key);
    components[key].insert(fields[7]);
  }
  std::vector<std::string> result;
  result.reserve(order.size());
  for (const auto& key : order) {
    result.push_back(fmt::format("deb {} {} {}", key.first, key.second, fmt::join(components[key], " ")));
  }
  return result;
}

std::string parse_proxy_settings(std::string_view apt_config_dump) {
  std::string result;
  std::istringstream lines{std::string(apt_config_dump)};
  for (std::string line; std::getline(lines, line);) {
    const std::string name = lower(line.substr(0, line.find(' ')));
    const bool network =
        name.starts_with("acquire::http::proxy") || name.starts_with("acquire::https::proxy");
    // A detection program of the host is not there inside the tree.
    if (!network || name.find("auto-detect") != std::string::npos || line.ends_with(" \"\";")) continue;
    result += line + "\n";
  }
  return result;
}

AptSources read_apt_sources(std::stop_token stop) {
  const Distribution distribution = this_distribution();
  AptSources sources;
  sources.suite = distribution.codename;
  sources.architecture = check_command({"dpkg", "--print-architecture"}, {}, stop);
  while (!sources.architecture.empty() && sources.architecture.back() == '\n')
    sources.architecture.pop_back();
  sources.lines = parse_index_targets(
      check_command({"apt-get", "indextargets", "--format", kIndexTargetsFormat}, {}, stop), distribution,
      sources.architecture);
  if (sources.lines.empty()) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("apt knows no repository of {} {} on this machine", distribution.id,
                            distribution.codename),
                "run `apt-get update`; the images are made from the machine's own package sources");
  }
  sources.proxy_conf = parse_proxy_settings(check_command({"apt-config", "dump"}, {}, stop));
  return sources;
}

}  // namespace bench
