#include "bench/images/tree/ext4_make.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/base/subprocess.h"
#include "bench/images/tree/ext4_handle.h"
#include "bench/images/tree/xattrs.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kBlockBytes = 4096;
constexpr std::int64_t kInodeBytes = 256;
constexpr std::int64_t kSpareInodes = 20000;
constexpr std::int64_t kLeastBytes = 64LL << 20;  // with a journal

struct TreeNeeds {
  std::int64_t blocks = 0, inodes = 0;
};

std::int64_t blocks_for(std::int64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes;
}

/// Of a file with holes: only what is between them. What its own file system allocates does not count, which
/// may compress.
std::int64_t data_blocks(const char* path, const struct stat& status) {
  if (status.st_blocks * 512 >= status.st_size) return blocks_for(status.st_size);
  const Fd file(open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.open()) return blocks_for(status.st_size);
  std::int64_t blocks = 0;
  for (off_t at = 0; (at = lseek(file.get(), at, SEEK_DATA)) >= 0;) {
    const off_t end = lseek(file.get(), at, SEEK_HOLE);
    if (end <= at) break;
    blocks += blocks_for(end - at) + 1;
    at = end;
  }
  return blocks;
}

TreeNeeds needs_of(const fs::path& dir) {
  std::string top = dir.string();
  char* const tops[] = {top.data(), nullptr};
  const std::unique_ptr<FTS, int (*)(FTS*)> walk(fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, nullptr),
                                                 fts_close);
  TreeNeeds needs;
  std::set<ino_t> linked;
  while (const FTSENT* entry = walk == nullptr ? nullptr : fts_read(walk.get())) {
    if (entry->fts_info == FTS_DP) continue;
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot read {}: {}", entry->fts_path, std::strerror(entry->fts_errno)));
    }
    const struct stat& status = *entry->fts_statp;
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1 && !linked.insert(status.st_ino).second) continue;
    ++needs.inodes;
    if (S_ISREG(status.st_mode)) needs.blocks += data_blocks(entry->fts_accpath, status);
    if (S_ISDIR(status.st_mode)) needs.blocks += blocks_for(status.st_size) * 2;
    if (S_ISLNK(status.st_mode)) ++needs.blocks;
    ++needs.blocks;  // attributes, an extent tree
  }
  return needs;
}

std::int64_t bytes_for(const TreeNeeds& needs, const Ext4Wishes& wishes) {
  const std::int64_t content =
      needs.blocks * kBlockBytes + (needs.inodes + kSpareInodes) * kInodeBytes + wishes.free_bytes;
  // The journal is a 64th at most, bitmaps and descriptors far less than that.
  const std::int64_t all = std::max(kLeastBytes, content + content / 32 + kLeastBytes);
  return blocks_for(all) * kBlockBytes;
}

void make_sparse(const fs::path& image, std::int64_t bytes) {
  std::error_code ignored;
  fs::remove(image, ignored);
  const Fd file(open(image.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file.open() || ftruncate(file.get(), bytes) != 0) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make {}: {}", image.string(), std::strerror(errno)));
  }
}

/// mke2fs copies what is in a directory; of the directory itself, depending on its version, nothing.
void mend_top(const fs::path& dir, const fs::path& image) {
  struct stat status {};
  if (stat(dir.c_str(), &status) != 0) {
    throw Error(ErrorCode::kIo, fmt::format("cannot read {}: {}", dir.string(), std::strerror(errno)));
  }
  Ext4Handle ext4(image, 0, true);
  ext4.set_xattrs(EXT2_ROOT_INO, read_xattrs(dir.string() + "/."));
  ext2_inode top{};
  ext4.check(ext2fs_read_inode(ext4.get(), EXT2_ROOT_INO, &top), "read");
  top.i_mode = static_cast<__u16>(status.st_mode);
  top.i_uid = static_cast<__u16>(status.st_uid);
  ext2fs_set_i_uid_high(top, status.st_uid >> 16);
  top.i_gid = static_cast<__u16>(status.st_gid);
  ext2fs_set_i_gid_high(top, status.st_gid >> 16);
  top.i_mtime = static_cast<__u32>(status.st_mtime);
  ext4.check(ext2fs_write_inode(ext4.get(), EXT2_ROOT_INO, &top), "write");
  ext4.close();
}

}  // namespace

void make_ext4(const fs::path& dir, const fs::path& image, const Ext4Wishes& wishes, std::stop_token stop) {
  const TreeNeeds needs = needs_of(dir);
  make_sparse(image, bytes_for(needs, wishes));
  try {
    // A kernel that initialises inode tables after the mount would do it while something is measured.
    check_command({"mke2fs",
                   "-q",
                   "-F",
                   "-t",
                   "ext4",
                   "-b",
                   std::to_string(kBlockBytes),
                   "-I",
                   std::to_string(kInodeBytes),
                   "-m",
                   "0",
                   "-L",
                   wishes.label,
                   "-N",
                   std::to_string(needs.inodes + kSpareInodes),
                   "-E",
                   "lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0",
                   "-d",
                   dir.string(),
                   image.string()},
                  {}, stop);
    mend_top(dir, image);
  } catch (...) {
    std::error_code ignored;
    fs::remove(image, ignored);
    throw;
  }
}

}  // namespace bench
