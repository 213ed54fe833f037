#include "bench/base/own_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// Of the wanted kind, ours, and not for others to write.
bool own_entry(const fs::path& path, mode_t kind) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == kind &&
         status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Nothing in the path is a symlink, "." or "..".
bool is_real_path(const fs::path& path) {
  std::error_code error;
  return path.is_absolute() && fs::canonical(path, error) == path && !error;
}

std::string first_line_of_mark(const fs::path& directory) {
  return "bench made this directory: " + directory.string() + "\n";
}

}  // namespace

bool is_own_file(const fs::path& file) {
  return own_entry(file, S_IFREG);
}

bool is_own_directory(const fs::path& directory, const std::string& sign) {
  if (!own_entry(directory, S_IFDIR) || !is_real_path(directory)) return false;
  const fs::path mark = directory / kOwnDirectoryMark;
  if (is_own_file(mark) && file_text(mark).starts_with(first_line_of_mark(directory))) return true;
  struct stat status {};
  return !sign.empty() && lstat((directory / sign).c_str(), &status) == 0 && status.st_uid == geteuid();
}

void make_own_directory(const fs::path& directory, const std::string& sign) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot make the directory {}: {}", directory.string(), std::strerror(errno)),
                "set BENCH_CACHE_DIR and BENCH_STATE_DIR to directories that can be written");
  }
  std::error_code ignored;
  const bool empty = own_entry(directory, S_IFDIR) && fs::is_empty(directory, ignored);
  const fs::path real = fs::canonical(directory, ignored);
  if (real != directory || (!empty && !is_own_directory(directory, sign))) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{} was not made by bench: nothing in it is touched", directory.string()),
                "set BENCH_CACHE_DIR and BENCH_STATE_DIR to directories of bench's own, by their real paths");
  }
  const pid_t self = getpid();
  write_file_atomically(
      directory / kOwnDirectoryMark,
      first_line_of_mark(directory) +
          fmt::format("uid {}\npid {}\nstart {}\n", geteuid(), self, process_start_time(self).value_or(0)));
  // Whatever the umask: a mark that others may write counts for nothing.
  fs::permissions(
      directory / kOwnDirectoryMark,
      fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read,
      ignored);
}

bool remove_own_directory(const fs::path& directory, const std::string& sign) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(directory, error))) return true;
  if (!is_own_directory(directory, sign)) return false;
  // The mark goes last: what a removal that is cut short leaves is still known as ours.
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    std::error_code ignored;
    if (entry.path().filename() != kOwnDirectoryMark) fs::remove_all(entry.path(), ignored);
  }
  fs::remove_all(directory, error);
  return !error;
}

}  // namespace bench
