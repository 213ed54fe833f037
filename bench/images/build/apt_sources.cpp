#include "bench/images/build/apt_sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "bench/base/text.h"

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

/// One row of kIndexTargetsFormat, where it is a list of packages that this machine can install from.
std::vector<std::string> packages_row(const std::string& line, const Distribution& distribution) {
  auto fields = fields_of(line, '|');
  if (fields.size() != 8 || fields[0] != "Packages" || fields[1] != "deb") return {};
  if (lower(fields[3]) != lower(distribution.id)) return {};
  for (const char* newer : {"-backports", "-proposed"}) {
    if (fields[4].find(newer) != std::string::npos || fields[5].find(newer) != std::string::npos) return {};
  }
  // What only this machine has cannot be reached from inside an image.
  for (const char* local : {"file:", "copy:", "cdrom:"}) {
    if (fields[6].starts_with(local)) return {};
  }
  return fields;
}

std::string without_slash(std::string uri) {
  while (uri.ends_with('/')) uri.pop_back();
  return uri;
}

/// The keys by the names of files that apt accepts: armoured or not is told by the ending.
std::map<std::string, std::string> read_keys(const std::vector<std::string>& uris) {
  std::string all;
  std::error_code error;
  std::vector<std::filesystem::path> paths = {"/etc/apt/sources.list"};
  for (const auto& entry : std::filesystem::directory_iterator("/etc/apt/sources.list.d", error)) {
    const auto ending = entry.path().extension();
    if (ending == ".list" || ending == ".sources") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) all += file_text(path) + "\n\n";
  std::map<std::string, std::string> keys;
  for (const auto& named : parse_signed_by(all, uris)) {
    const std::string key = named.starts_with('/') ? file_text(named) : named;
    if (key.empty()) continue;
    const char* ending = key.find("-----BEGIN") != std::string::npos ? "asc" : "gpg";
    keys[fmt::format("{}.{}", keys.size(), ending)] = key;
  }
  return keys;
}

}  // namespace

Distribution parse_os_release(std::string_view text) {
  std::map<std::string, std::string> values;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string value = line.substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    values[line.substr(0, equals)] = value;
  }
  const std::string id = values["ID"];
  if (id != "ubuntu" && id != "debian") {
    if (const auto& codename = values["UBUNTU_CODENAME"]; !codename.empty()) return {"ubuntu", codename, ""};
    if (const auto& codename = values["DEBIAN_CODENAME"]; !codename.empty()) return {"debian", codename, ""};
  }
  return {id, values["VERSION_CODENAME"], values["VERSION_ID"]};
}

Distribution this_distribution() {
  return parse_os_release(file_text("/etc/os-release"));
}

std::string codename_of_targets(std::string_view text, const Distribution& distribution) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto fields = packages_row(line, distribution);
    // Experimental ("rc-buggy") and the security and update suites are no whole releases.
    if (!fields.empty() && !fields[4].empty() && fields[4].find('-') == std::string::npos) return fields[4];
  }
  return "";
}

std::string address_of(const std::string& uri) {
  constexpr std::string_view kDetour = "mirror+file:";
  if (!uri.starts_with(kDetour)) return uri;
  std::string path = without_slash(uri.substr(kDetour.size()));
  if (const auto slashes = path.find_first_not_of('/'); slashes != std::string::npos && slashes > 1)
    path.erase(0, slashes - 1);
  std::istringstream lines(file_text(path));
  for (std::string line; std::getline(lines, line);) {
    const std::string address(trimmed(std::string_view(line).substr(0, line.find('\t'))));
    if (address.starts_with("http:") || address.starts_with("https:"))
      return address.substr(0, address.find(' '));
  }
  throw Error(ErrorCode::kUnavailable, fmt::format("the mirror list {} names no http or https mirror", path),
              "list one there; the images are made from the machine's own package sources");
}

std::vector<std::string> parse_signed_by(std::string_view text, const std::vector<std::string>& uris) {
  std::vector<std::string> result;
  const auto wanted = [&uris](const std::string& word) {
    return std::any_of(uris.begin(), uris.end(),
                       [&word](const std::string& uri) { return without_slash(uri) == without_slash(word); });
  };
  const auto add = [&result](const std::string& key) {
    if (!key.empty() && std::find(result.begin(), result.end(), key) == result.end()) result.push_back(key);
  };
  const auto add_paths = [&add](std::string words) {
    std::replace(words.begin(), words.end(), ',', ' ');
    std::istringstream stream(words);
    // A fingerprint chooses among the keys that are trusted anyway.
    for (std::string word; stream >> word;)
      if (word.starts_with('/')) add(word);
  };
  std::map<std::string, std::string> stanza;
  std::string field;
  const auto finish = [&] {
    std::istringstream stream(stanza["uris"]);
    bool ours = false;
    for (std::string word; stream >> word;) ours = ours || wanted(word);
    const std::string& key = stanza["signed-by"];
    if (ours) key.find("-----BEGIN") != std::string::npos ? add(key) : add_paths(key);
    stanza.clear();
    field.clear();
  };
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    if (trimmed(line).empty()) {
      finish();
    } else if (line.front() == ' ' || line.front() == '\t') {
      const std::string more(trimmed(line));  // a dot stands for an empty line
      if (!field.empty()) stanza[field] += (stanza[field].empty() ? "" : "\n") + (more == "." ? "" : more);
    } else if (line.starts_with("deb ") || line.starts_with("deb\t")) {
      const auto open = line.find('['), close = line.find(']');
      if (open == std::string::npos || close == std::string::npos || close < open) continue;
      std::istringstream after(line.substr(close + 1)), options(line.substr(open + 1, close - open - 1));
      std::string uri;
      if (!(after >> uri) || !wanted(uri)) continue;
      for (std::string option; options >> option;)
        if (lower(option).starts_with("signed-by=")) add_paths(option.substr(option.find('=') + 1));
    } else if (const auto colon = line.find(':'); colon != std::string::npos) {
      field = lower(line.substr(0, colon));
      stanza[field] = std::string(trimmed(std::string_view(line).substr(colon + 1)));
    }
  }
  finish();
  return result;
}

std::vector<std::string> parse_index_targets(std::string_view text, const Distribution& distribution,
                                             const std::string& architecture) {
  std::vector<std::pair<std::string, std::string>> order;  // URI and suite, as apt lists them
  std::map<std::pair<std::string, std::string>, std::set<std::string>> components;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto fields = packages_row(line, distribution);
    if (fields.empty() || fields[2] != architecture) continue;
    const std::string &codename = fields[4], &release = fields[5];
    if (codename != distribution.codename && !codename.starts_with(distribution.codename + "-")) continue;
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
  Distribution distribution = this_distribution();
  AptSources sources;
  sources.architecture = check_command({"dpkg", "--print-architecture"}, {}, stop);
  while (!sources.architecture.empty() && sources.architecture.back() == '\n')
    sources.architecture.pop_back();
  const std::string targets =
      check_command({"apt-get", "indextargets", "--format", kIndexTargetsFormat}, {}, stop);
  const auto find = [&] { return parse_index_targets(targets, distribution, sources.architecture); };
  std::vector<std::string> found;
  if (!distribution.codename.empty()) found = find();
  if (found.empty()) {
    if (const auto codename = codename_of_targets(targets, distribution);
        distribution.id == "debian" && !codename.empty()) {
      distribution.codename = codename;
      found = find();
    }
  }
  if (found.empty()) {
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("apt knows no repository of {} {} on this machine that is reached by network",
                    distribution.id, distribution.codename),
        "run `apt-get update`; the images are made from the machine's own package sources, which have "
        "to be Debian's or Ubuntu's");
  }
  sources.suite = distribution.codename;
  std::vector<std::string> uris;
  for (const auto& line : found) {
    auto words = fields_of(line, ' ');
    uris.push_back(words[1]);
    words[1] = address_of(words[1]);
    sources.lines.push_back(fmt::format("{}", fmt::join(words, " ")));
  }
  sources.keys = read_keys(uris);
  sources.proxy_conf = parse_proxy_settings(check_command({"apt-config", "dump"}, {}, stop));
  return sources;
}

}  // namespace bench
