#include "drivers/libvirt/daemon/embed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "drivers/common/process_table.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

// Below the root libvirt makes "lib/qemu/domain-<id>-<20 characters of the name>/monitor.sock".
constexpr std::size_t kLongestBelowRoot = 60;
constexpr std::size_t kLongestSocketPath = 107;
constexpr int kMostRoots = 64;
constexpr Seconds kEndLimit{5.0};

bool same_file(int fd, const fs::path& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

/// Ends what libvirt has started from the directory, then removes it. Besides guests that is the QEMU that
/// libvirt asks about its abilities: it has no guest's name and detaches itself, so it outlives a killed run.
/// Only its sockets tell whose it is. Returns how many processes were ended.
int end_and_remove(const fs::path& dir) {
  std::error_code ignored;
  if (!fs::exists(dir, ignored)) {
    return 0;
  }
  const auto ended = end_processes_below(dir, "qemu", kEndLimit);
  // A passt ends with its QEMU, and waits for one that has not come yet.
  if (ended && end_processes_below(dir, "passt", kEndLimit)) {
    fs::remove_all(dir, ignored);  // the cache is a link: the link goes, the cache stays
  }
  return ended.value_or(0);
}

/// The lock, held; none when a living process has it.
std::optional<FileLock> try_lock(const fs::path& path) {
  for (;;) {
    FileLock lock(path, "set BENCH_STATE_DIR to a directory that can be written to");
    if (!lock.attempt()) return std::nullopt;
    if (same_file(lock.fd().get(), path)) return lock;
    // Its owner removed it between our open and our lock.
  }
}

/// Under the lock of the file `lock`.
int end_and_unlock(const fs::path& dir, const fs::path& lock) {
  const int ended = end_and_remove(dir);
  std::error_code ignored;
  if (!fs::exists(dir, ignored)) {
    fs::remove(lock, ignored);
  }
  return ended;
}

}  // namespace

std::string embed_configuration(bool root) {
  std::string text =
      "# Written by bench. With libvirt's defaults QEMU would run as a user who may not open /dev/kvm;\n"
      "# libvirt then takes its own answers about QEMU for stale and asks again, more than a minute a "
      "start.\n";
  if (root) {
    text +=
        "user = \"root\"\n"
        "group = \"root\"\n"
        "dynamic_ownership = 0\n"
        "remember_owner = 0\n";
  }
  // By default libvirt raises the limit on core dumps to none. Under sudo the limit is 0, and root in a
  // container may not raise it.
  text +=
      "max_core = 0\n"
      "security_driver = \"none\"\n"
      "stdio_handler = \"file\"\n"
      "cgroup_controllers = [ ]\n"
      "namespaces = [ ]\n";
  return text;
}

EmbedRoot::EmbedRoot() {
  remove_dead_embed_roots();
  answer_for_missing_qemu_user();
  const fs::path base = state_dir() / "libvirt";
  if (base.string().size() + 3 + kLongestBelowRoot > kLongestSocketPath) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{} is too long a path for QEMU's sockets", base.string()),
                "set BENCH_STATE_DIR to a shorter path, such as /run/bench");
  }
  std::error_code error;
  fs::create_directories(base, error);
  for (int slot = 0; slot < kMostRoots && !held_; ++slot) {
    lock_ = base / fmt::format("{}.lock", slot);
    dir_ = base / std::to_string(slot);
    held_ = try_lock(lock_);
  }
  if (!held_) {
    throw Error(ErrorCode::kUnavailable, fmt::format("{} embedded libvirt drivers are in use", kMostRoots),
                "wait for other bench processes to end");
  }
  end_and_remove(dir_);
  fs::create_directories(dir_ / "etc", error);
  const fs::path cache = cache_dir() / "libvirt";
  fs::create_directories(cache, error);
  fs::create_directory_symlink(cache, dir_ / "cache", error);
  if (error && !fs::is_symlink(dir_ / "cache")) {
    throw Error(ErrorCode::kIo, fmt::format("cannot prepare {}: {}", dir_.string(), error.message()),
                "set BENCH_STATE_DIR to a directory that can be written to");
  }
  write_file_atomically(dir_ / "etc" / "qemu.conf", embed_configuration(::geteuid() == 0));
}

EmbedRoot::~EmbedRoot() {
  end_and_unlock(dir_, lock_);
  std::error_code ignored;
  fs::remove(lock_.parent_path(), ignored);  // only when it is empty
}

int remove_dead_embed_roots() {
  int ended = 0;
  std::error_code ignored;
  for (const fs::path& state : state_dirs()) {
    const fs::path base = state / "libvirt";
    for (int slot = 0; slot < kMostRoots; ++slot) {
      const fs::path lock = base / fmt::format("{}.lock", slot);
      if (fs::exists(lock, ignored)) {
        if (const auto held = try_lock(lock)) ended += end_and_unlock(base / std::to_string(slot), lock);
      }
    }
    fs::remove(base, ignored);
  }
  return ended;
}

}  // namespace bench
