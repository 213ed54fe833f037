#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace bench {

/// All bytes of a file; nothing when it cannot be opened, is a directory, or cannot be read to its end (a
/// disk that fails; in /proc a process that has ended meanwhile). Never throws for what the file does.
std::optional<std::string> file_bytes(const std::filesystem::path& path);

/// The same, empty where there is nothing: for whoever need not tell an empty file from a missing one.
std::string file_text(const std::filesystem::path& path);

}  // namespace bench
