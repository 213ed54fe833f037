#include "bench/history/index_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/history/digest.h"
#include "bench/history/index.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr const char* kFormerIndex = ".history.sqlite";
constexpr const char* kFormerLock = ".history.lock";
constexpr auto kForgotten = std::chrono::hours(24 * 90);

/// Nothing where the directory cannot be made.
template <typename Directory>
void add_made(Directory directory, std::vector<fs::path>& found) {
  try {
    const fs::path path = directory() / "history";
    std::error_code failed;
    fs::create_directories(path, failed);
    if (!failed) found.push_back(path);
  } catch (const Error&) {  // another place may do
  }
}

/// Two directories may have the same path, one after the other or in two containers: the inode tells them
/// apart.
std::string name_of_index(const fs::path& directory) {
  std::error_code ignored;
  fs::path whole = fs::canonical(directory, ignored);
  if (ignored) whole = fs::absolute(directory, ignored);
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) status = {};
  return fmt::format("{:016x}.v{}", digest_of(fmt::format("{}\n{}", whole.string(), status.st_ino)),
                     index_version());
}

bool is_plain_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(fs::symlink_status(path, ignored));
}

/// By the statement that made its first table, which SQLite keeps in the first page.
bool is_our_index(const fs::path& file) {
  if (!is_plain_file(file)) return false;
  std::ifstream in(file, std::ios::binary);
  std::string page(8192, '\0');
  in.read(page.data(), static_cast<std::streamsize>(page.size()));
  page.resize(static_cast<std::size_t>(in.gcount()));
  return page.empty() ||  // a disk was full when it was made
         (page.starts_with("SQLite format 3") && page.find("CREATE TABLE runs(") != std::string::npos);
}

}  // namespace

bool is_network_file_system(long type) {
  // NFS, SMB, CIFS, SMB2, Ceph, AFS, Coda, 9P, and FUSE: sshfs and virtiofs are, and the others cannot be
  // told.
  constexpr std::array<unsigned, 9> kNetwork = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42, 0x00C36400,
                                                0x5346414F, 0x73757245, 0x01021997, 0x65735546};
  return std::find(kNetwork.begin(), kNetwork.end(), static_cast<unsigned>(type)) != kNetwork.end();
}

std::optional<fs::path> first_local(const std::vector<fs::path>& candidates) {
  for (const fs::path& candidate : candidates) {
    struct statfs status {};
    if (::statfs(candidate.c_str(), &status) == 0 && !is_network_file_system(status.f_type)) return candidate;
  }
  return std::nullopt;
}

std::optional<IndexPlace> index_place(const fs::path& directory) {
  std::vector<fs::path> candidates;
  add_made(persistent_dir, candidates);
  add_made(state_dir, candidates);  // home directories may be on a network, what is for this boot is not
  const auto place = first_local(candidates);
  if (!place) return std::nullopt;
  const std::string name = name_of_index(directory);
  return IndexPlace{*place / (name + ".sqlite"), *place / (name + ".lock")};
}

IndexLock::IndexLock(const fs::path& path)
    : lock_(Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644))) {
  if (lock_.wait())
    (void)::futimens(lock_.fd().get(), nullptr);  // its age says when the index was last looked at
}

void remove_database(const fs::path& file) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
}

void forget_old_indexes(const fs::path& directory) {
  std::error_code failed;
  std::vector<fs::path> old;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code unknown;
    const auto looked_at = fs::last_write_time(at->path(), unknown);
    if (at->path().extension() == ".lock" && !unknown &&
        fs::file_time_type::clock::now() - looked_at > kForgotten) {
      old.push_back(at->path());
    }
  }
  for (const fs::path& lock : old) {
    remove_database(fs::path(lock).replace_extension(".sqlite"));
    std::error_code ignored;
    fs::remove(lock, ignored);
  }
}

void remove_former_index(const fs::path& directory) {
  const fs::path file = directory / kFormerIndex, lock = directory / kFormerLock;
  const FileLock held{Fd(::open(lock.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW))};
  const bool free = !held.open() || held.attempt();
  std::error_code ignored;
  if (free && is_our_index(file)) remove_database(file);
  if (free && held.open() && is_plain_file(lock) && fs::file_size(lock, ignored) == 0)
    fs::remove(lock, ignored);
}

}  // namespace bench
