#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/images/build/sha256.h"
#include "bench/images/tree/digest_records.h"
#include "bench/images/tree/xattrs.h"

namespace bench {

namespace {

constexpr std::size_t kReadAtOnce = 256 * 1024;

/// Walks a directory by descriptors: no link is followed, and no path is too long.
class TreeReader {
 public:
  TreeReader(std::string dir, std::stop_token stop) : dir_(std::move(dir)), stop_(std::move(stop)) {}

  TreeDigest read() {
    const Fd top(open(dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!top.open()) fail("");
    add(top.get(), ".", "");
    read_directory(top.get(), "");
    return records_.result();
  }

 private:
  [[noreturn]] void fail(const std::string& path) const {
    throw Error(ErrorCode::kIo, fmt::format("cannot read {}/{}: {}", dir_, path, std::strerror(errno)));
  }

  void read_directory(int directory, const std::string& path) {
    if (stop_.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while a tree was read");
    std::vector<std::string> names;
    {
      const int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (fd < 0) fail(path);
      const std::unique_ptr<DIR, int (*)(DIR*)> list(fdopendir(fd), closedir);
      while (const dirent* entry = readdir(list.get())) names.emplace_back(entry->d_name);
    }
    for (const std::string& name : names) {
      if (name == "." || name == "..") continue;
      const std::string inner = path.empty() ? name : path + "/" + name;
      if (!S_ISDIR(add(directory, name, inner))) continue;
      const Fd below(openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!below.open()) fail(inner);
      read_directory(below.get(), inner);
    }
  }

  mode_t add(int directory, const std::string& name, const std::string& path) {
    struct stat status {};
    if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail(path);
    DigestRecord record;
    record.path = path;
    record.mode = status.st_mode;
    record.uid = status.st_uid;
    record.gid = status.st_gid;
    record.xattrs = read_xattrs(fmt::format("/proc/self/fd/{}/{}", directory, name));
    if (S_ISREG(status.st_mode)) {
      record.inside = contents(directory, name, path, status);
    } else if (S_ISLNK(status.st_mode)) {
      std::array<char, PATH_MAX> target{};
      const ssize_t size = readlinkat(directory, name.c_str(), target.data(), target.size());
      if (size < 0) fail(path);
      record.inside.assign(target.data(), static_cast<std::size_t>(size));
    } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      record.inside = fmt::format("{}:{}", major(status.st_rdev), minor(status.st_rdev));
    }
    records_.add(record);
    return status.st_mode;
  }

  std::string contents(int directory, const std::string& name, const std::string& path,
                       const struct stat& status) {
    if (const auto known = linked_.find(status.st_ino); status.st_nlink > 1 && known != linked_.end()) {
      return known->second;
    }
    const Fd file(openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.open()) fail(path);
    Sha256 sum;
    while (true) {
      const ssize_t got = ::read(file.get(), buffer_.data(), buffer_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(path);
      if (got == 0) break;
      if (stop_.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while a tree was read");
      sum.add({buffer_.data(), static_cast<std::size_t>(got)});
    }
    records_.count_bytes(status.st_size);
    const std::string hex = sum.hex();
    if (status.st_nlink > 1) linked_[status.st_ino] = hex;
    return hex;
  }

  std::string dir_;
  std::stop_token stop_;
  DigestRecords records_;
  std::map<ino_t, std::string> linked_;  ///< sums of files that have several names
  std::vector<char> buffer_ = std::vector<char>(kReadAtOnce);
};

}  // namespace

TreeDigest tree_digest(const std::filesystem::path& dir, std::stop_token stop) {
  return TreeReader(dir.string(), std::move(stop)).read();
}

}  // namespace bench
