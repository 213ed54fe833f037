#include "bench/images/tree/ext4_handle.h"

#include <fmt/format.h>

#include "bench/base/error.h"
#include "bench/images/tree/xattrs.h"

namespace bench {

namespace {

struct XattrList {
  std::map<std::string, std::string> found;
};

int add_xattr(char* name, char* value, std::size_t size, void* list) {
  if (xattr_of_image(name)) static_cast<XattrList*>(list)->found[name] = std::string(value, size);
  return 0;
}

}  // namespace

Ext4Handle::Ext4Handle(const std::filesystem::path& image, std::int64_t offset, bool writable)
    : image_(image.string()) {
  const int flags = EXT2_FLAG_64BITS | (writable ? EXT2_FLAG_RW : 0);
  check(ext2fs_open2(image.c_str(), fmt::format("offset={}", offset).c_str(), flags, 0, 0, unix_io_manager,
                     &handle_),
        "open");
}

Ext4Handle::~Ext4Handle() {
  if (handle_ != nullptr) ext2fs_free(handle_);
}

void Ext4Handle::check(errcode_t code, const std::string& doing) const {
  if (code == 0) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("cannot {} the file system in {}: {}", doing, image_, error_message(code)),
              "remove it, and let it be made again");
}

std::map<std::string, std::string> Ext4Handle::xattrs(ext2_ino_t inode) const {
  ext2_xattr_handle* list = nullptr;
  check(ext2fs_xattrs_open(handle_, inode, &list), "read attributes in");
  XattrList all;
  errcode_t code = ext2fs_xattrs_read(list);
  if (code == 0) code = ext2fs_xattrs_iterate(list, add_xattr, &all);
  ext2fs_xattrs_close(&list);
  check(code, "read attributes in");
  return all.found;
}

void Ext4Handle::set_xattrs(ext2_ino_t inode, const std::map<std::string, std::string>& wanted) const {
  const auto before = xattrs(inode);
  if (before == wanted) return;
  ext2_xattr_handle* list = nullptr;
  check(ext2fs_xattrs_open(handle_, inode, &list), "write attributes in");
  errcode_t code = ext2fs_xattrs_read(list);
  for (const auto& [name, value] : before) {
    if (code == 0 && !wanted.contains(name)) code = ext2fs_xattr_remove(list, name.c_str());
  }
  for (const auto& [name, value] : wanted) {
    if (code == 0) code = ext2fs_xattr_set(list, name.c_str(), value.data(), value.size());
  }
  const errcode_t closed = ext2fs_xattrs_close(&list);
  check(code != 0 ? code : closed, "write attributes in");
}

void Ext4Handle::close() {
  ext2_filsys handle = handle_;
  handle_ = nullptr;
  check(ext2fs_close_free(&handle), "write");
}

}  // namespace bench
