#pragma once

#include <ext2fs/ext2_fs.h>
// Between the two: ext2fs.h takes its types from the first.
#include <ext2fs/ext2fs.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace bench {

/// An open ext4. Every call throws Error{kCorrupt} when the file system cannot be read.
class Ext4Handle {
 public:
  Ext4Handle(const std::filesystem::path& image, std::int64_t offset, bool writable);
  Ext4Handle(const Ext4Handle&) = delete;
  Ext4Handle& operator=(const Ext4Handle&) = delete;
  ~Ext4Handle();

  [[nodiscard]] ext2_filsys get() const { return handle_; }
  void check(errcode_t code, const std::string& doing) const;
  [[nodiscard]] std::map<std::string, std::string> xattrs(ext2_ino_t inode) const;
  void set_xattrs(ext2_ino_t inode, const std::map<std::string, std::string>& wanted) const;
  /// Writes what was changed, and closes.
  void close();

 private:
  std::string image_;
  ext2_filsys handle_ = nullptr;
};

}  // namespace bench
