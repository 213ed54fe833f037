#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

/// The text of a file of /proc or /sys without its trailing white space; nothing when it cannot be read.
/// (Such files have no size, and reading one can fail half-way with an errno: that is "unknown" as well.)
inline std::optional<std::string> read_host_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return std::nullopt;
  std::string result = text.str();
  const auto last = result.find_last_not_of(" \t\r\n");
  result.erase(last == std::string::npos ? 0 : last + 1);
  return result;
}

/// The fields of a line, separated by blanks.
inline std::vector<std::string> host_fields(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> fields;
  for (std::string field; in >> field;) fields.push_back(field);
  return fields;
}

}  // namespace bench
