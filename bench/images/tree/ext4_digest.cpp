#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bench/base/error.h"
#include "bench/images/build/sha256.h"
#include "bench/images/tree/digest_records.h"
#include "bench/images/tree/ext4_handle.h"

namespace bench {

namespace {

constexpr unsigned kPieceOfFile = 1024 * 1024;
constexpr std::int64_t kLongestLink = 64 * 1024;

struct Child {
  std::string path;
  ext2_ino_t inode;
};

int add_child(ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* children) {
  std::string name(entry->name, static_cast<std::size_t>(ext2fs_dirent_name_len(entry)));
  // The inner nodes of an indexed directory look like entries without an inode.
  if (entry->inode != 0 && name != "." && name != "..") {
    static_cast<std::vector<Child>*>(children)->push_back({std::move(name), entry->inode});
  }
  return 0;
}

/// How the kernel stores a device's number: in the first word the old way, in the second the new one.
std::string device_of(const ext2_inode& inode) {
  if (const std::uint32_t old = inode.i_block[0]) return fmt::format("{}:{}", (old >> 8) & 0xFF, old & 0xFF);
  const std::uint32_t number = inode.i_block[1];
  return fmt::format("{}:{}", (number >> 8) & 0xFFF, (number & 0xFF) | ((number >> 12) & 0xFFF00));
}

class Ext4TreeReader {
 public:
  Ext4TreeReader(const std::filesystem::path& image, std::int64_t offset, std::stop_token stop)
      : ext4_(image, offset, false), stop_(std::move(stop)) {}

  TreeDigest read() {
    std::vector<Child> pending{{"", EXT2_ROOT_INO}};
    std::unordered_set<ext2_ino_t> directories;
    while (!pending.empty()) {
      const Child next = std::move(pending.back());
      pending.pop_back();
      if (!S_ISDIR(add(next))) continue;
      // A damaged file system may have a directory in itself.
      if (!directories.insert(next.inode).second) {
        throw Error(ErrorCode::kCorrupt, "a directory has two places in the file system: /" + next.path);
      }
      std::vector<Child> children;
      ext4_.check(ext2fs_dir_iterate2(ext4_.get(), next.inode, 0, nullptr, add_child, &children),
                  "list /" + next.path + " of");
      for (Child& child : children) {
        if (!next.path.empty()) child.path = next.path + "/" + child.path;
        pending.push_back(std::move(child));
      }
    }
    return records_.result();
  }

 private:
  mode_t add(const Child& file) {
    ext2_inode inode{};
    ext4_.check(ext2fs_read_inode(ext4_.get(), file.inode, &inode), "read /" + file.path + " of");
    DigestRecord record;
    record.path = file.path;
    record.mode = inode.i_mode;
    record.uid = inode_uid(inode);
    record.gid = inode_gid(inode);
    record.xattrs = ext4_.xattrs(file.inode);
    if (LINUX_S_ISREG(inode.i_mode)) {
      record.inside = contents(file, inode);
    } else if (LINUX_S_ISLNK(inode.i_mode)) {
      record.inside = target(file, inode);
    } else if (LINUX_S_ISCHR(inode.i_mode) || LINUX_S_ISBLK(inode.i_mode)) {
      record.inside = device_of(inode);
    }
    records_.add(record);
    return inode.i_mode;
  }

  std::string contents(const Child& file, const ext2_inode& inode) {
    if (const auto known = linked_.find(file.inode); known != linked_.end()) return known->second;
    Sha256 sum;
    read_file(file, inode, [&sum](std::string_view bytes) { sum.add(bytes); });
    records_.count_bytes(static_cast<std::int64_t>(EXT2_I_SIZE(&inode)));
    const std::string hex = sum.hex();
    if (inode.i_links_count > 1) linked_[file.inode] = hex;
    return hex;
  }

  std::string target(const Child& file, ext2_inode& inode) {
    if (ext2fs_is_fast_symlink(&inode) != 0) {
      // The inode's words for blocks hold the target itself.
      return {reinterpret_cast<const char*>(inode.i_block), static_cast<std::size_t>(EXT2_I_SIZE(&inode))};
    }
    std::string text;
    read_file(file, inode, [&](std::string_view bytes) {
      text += bytes;
      if (text.size() > kLongestLink)
        ext4_.check(EXT2_ET_SYMLINK_LOOP, "read the link /" + file.path + " of");
    });
    return text;
  }

  template <typename Take>
  void read_file(const Child& file, const ext2_inode& inode, const Take& take) {
    ext2_file_t open = nullptr;
    ext4_.check(ext2fs_file_open(ext4_.get(), file.inode, 0, &open), "open /" + file.path + " of");
    errcode_t code = 0;
    unsigned got = 0;
    // libext2fs gives all of an inode's room for data, also what lies behind the file's end.
    std::uint64_t left = EXT2_I_SIZE(&inode);
    while ((code = ext2fs_file_read(open, buffer_.data(), kPieceOfFile, &got)) == 0 && got > 0) {
      if (stop_.stop_requested()) break;
      const auto part = std::min<std::uint64_t>(got, left);
      take(std::string_view(buffer_.data(), part));
      left -= part;
    }
    ext2fs_file_close(open);
    ext4_.check(code, "read /" + file.path + " of");
    if (stop_.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while a disk was read");
  }

  Ext4Handle ext4_;
  std::stop_token stop_;
  DigestRecords records_;
  std::map<ext2_ino_t, std::string> linked_;  ///< sums of files that have several names
  std::vector<char> buffer_ = std::vector<char>(kPieceOfFile);
};

}  // namespace

TreeDigest ext4_digest(const std::filesystem::path& image, std::int64_t offset, std::stop_token stop) {
  return Ext4TreeReader(image, offset, std::move(stop)).read();
}

}  // namespace bench
