#pragma once

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "bench/base/files.h"

namespace bench {

/// The text of a file of /proc or /sys without its trailing white space; nothing when it cannot be read.
/// (Such files have no size, and reading one can fail half-way with an errno: that is "unknown" as well.)
inline std::optional<std::string> read_host_file(const std::filesystem::path& path) {
  std::optional<std::string> text = file_bytes(path);
  if (!text) return std::nullopt;
  const auto last = text->find_last_not_of(" \t\r\n");
  text->erase(last == std::string::npos ? 0 : last + 1);
  return text;
}

/// The fields of a line, separated by blanks.
inline std::vector<std::string> host_fields(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> fields;
  for (std::string field; in >> field;) fields.push_back(field);
  return fields;
}

}  // namespace bench
