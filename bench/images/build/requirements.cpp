#include "bench/images/build/requirements.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "bench/base/error.h"
#include "bench/base/text.h"

namespace bench {

namespace {

/// PEP 503: names are compared in lower case, with runs of ".", "-" and "_" the same.
std::string normalised(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') {
      if (!result.empty() && result.back() != '-') result += '-';
    } else {
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return result;
}

/// Where Debian's name does not follow from the project's: its Python policy names packages after the module.
std::string package_of(const std::string& name) {
  static const std::map<std::string, std::string> odd = {{"beautifulsoup4", "python3-bs4"},
                                                         {"pillow", "python3-pil"},
                                                         {"psycopg2-binary", "python3-psycopg2"},
                                                         {"pyyaml", "python3-yaml"},
                                                         {"python-dateutil", "python3-dateutil"},
                                                         {"scikit-learn", "python3-sklearn"},
                                                         {"pyjwt", "python3-jwt"},
                                                         {"mysqlclient", "python3-mysqldb"},
                                                         {"pycryptodome", "python3-pycryptodome"},
                                                         {"protobuf", "python3-protobuf"}};
  if (auto found = odd.find(name); found != odd.end()) return found->second;
  for (const std::string_view prefix : {"python3-", "python-", "py3-"}) {
    if (name.starts_with(prefix)) return "python3-" + name.substr(prefix.size());
  }
  return "python3-" + name;
}

}  // namespace

std::vector<Requirement> parse_requirements(std::string_view text) {
  std::vector<Requirement> found;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    // A comment begins the line or follows a space, so that "#egg=" of a URL is none.
    if (line.starts_with('#')) continue;
    if (const auto comment = line.find(" #"); comment != std::string::npos) line.resize(comment);
    line = std::string(trimmed(line));
    if (line.empty()) continue;
    const auto name_end = std::find_if_not(line.begin(), line.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    const std::string name(line.begin(), name_end);
    const std::string rest(trimmed(std::string_view(line).substr(name.size())));
    const bool url = rest.find("://") != std::string::npos || rest.starts_with('/') ||
                     rest.starts_with(':') || (!rest.empty() && rest.front() == '@') || rest.starts_with('+');
    if (name.empty() || std::isalnum(static_cast<unsigned char>(name.front())) == 0 || url) {
      throw Error(ErrorCode::kUnavailable,
                  "requirements.txt: no distribution package can stand for \"" + line + "\"",
                  "name projects only, one per line, or choose a registry base with --base");
    }
    found.push_back({name, package_of(normalised(name)), rest.find_first_of("=<>~!") != std::string::npos});
  }
  if (std::none_of(found.begin(), found.end(), [](const auto& r) { return r.package == "python3-flask"; })) {
    found.push_back({"flask", "python3-flask", false});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.package < b.package; });
  found.erase(std::unique(found.begin(), found.end(),
                          [](const auto& a, const auto& b) { return a.package == b.package; }),
              found.end());
  return found;
}

}  // namespace bench
