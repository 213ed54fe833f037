#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/history/database.h"

namespace bench {

using IndexProgress = std::function<void(std::size_t done, std::size_t of)>;

/// An up-to-date index of the runs below `directory`. `problems` receives one line per run file that cannot
/// be read, and one if the index itself could not be kept on disk.
Database open_index(const std::filesystem::path& directory, const IndexProgress& progress,
                    std::vector<std::string>& problems);

/// Deletes the index; the runs stay.
void discard_index(const std::filesystem::path& directory);

}  // namespace bench
