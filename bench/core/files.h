#pragma once

#include <filesystem>
#include <string>

namespace bench {

/// All bytes of a file; empty when it cannot be opened. Whoever has to tell an empty file from a missing one
/// asks first.
std::string file_text(const std::filesystem::path& path);

}  // namespace bench
