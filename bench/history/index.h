#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/history/database.h"

namespace bench {

/// Of the tables, and of the code that derives what they hold: an index that another version of the program
/// wrote is made anew. A digest of the sources (cmake/deriving_code.cmake), which nobody can forget to raise.
int index_version();

using IndexProgress = std::function<void(std::size_t done, std::size_t of)>;

/// An up-to-date index of the runs below `directory`, which stays as it is for as long as it is open,
/// whatever others write. `problems` receives one line per run file that cannot be read, and one if the index
/// itself could not be kept on disk.
Database open_index(const std::filesystem::path& directory, const IndexProgress& progress,
                    std::vector<std::string>& problems);

/// Deletes the index; the runs stay.
void discard_index(const std::filesystem::path& directory);

}  // namespace bench
