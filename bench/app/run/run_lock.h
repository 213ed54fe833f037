#pragma once

#include <filesystem>
#include <vector>

#include "bench/base/file_lock.h"

namespace bench {

/// The files of the lock for the whole machine, the same for every user and every way of starting:
/// /run/lock/bench.lock and /tmp/bench.lock. A service may have a /tmp of its own, and on some distributions
/// only root may write in /run/lock, so both are held where they can be. Who sets BENCH_LOCK_FILE, or a world
/// of their own with BENCH_STATE_DIR, has a lock of their own: BENCH_LOCK_FILE, BENCH_STATE_DIR/run.lock.
std::vector<std::filesystem::path> lock_files();

/// Held while something is measured or prepared: two runs at once would measure each other. The kernel drops
/// it with the process, so a killed run blocks nobody.
class RunLock {
 public:
  /// Throws Error{kUnavailable} naming the process that holds one of them, kIo when none can be opened.
  RunLock() : RunLock(lock_files()) {}
  explicit RunLock(const std::vector<std::filesystem::path>& files);

 private:
  std::vector<FileLock> held_;
};

}  // namespace bench
