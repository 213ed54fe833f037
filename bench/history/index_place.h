#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "bench/base/fd.h"
#include "bench/base/file_lock.h"

namespace bench {

/// The files of an index. It is this host's own and lies on a disk of this host: SQLite trusts its locks, and
/// those of a network file system do not hold between hosts. The runs may lie anywhere.
struct IndexPlace {
  std::filesystem::path database, lock;
};

/// Where the index of the runs in `directory` lies, one per directory and version of the tables, so that two
/// versions of bench do not undo each other's. Absent where no directory of this host can be written.
std::optional<IndexPlace> index_place(const std::filesystem::path& directory);

/// The first of `candidates` that is not on a network's file system.
std::optional<std::filesystem::path> first_local(const std::vector<std::filesystem::path>& candidates);

/// By the number that statfs gives.
bool is_network_file_system(long type);

/// Held while the index is looked at and brought up to date, so that two jobs do not do it at once. The
/// kernel lets go of it when its holder is killed.
class IndexLock {
 public:
  explicit IndexLock(const std::filesystem::path& path);

 private:
  FileLock lock_;
};

/// The database and what SQLite puts beside it.
void remove_database(const std::filesystem::path& file);

/// Removes the indexes in `directory` that nobody has looked at for three months: of runs that are gone.
void forget_old_indexes(const std::filesystem::path& directory);

/// bench once kept the index beside the runs. Takes that one away, if it is ours and nobody uses it.
void remove_former_index(const std::filesystem::path& directory);

}  // namespace bench
