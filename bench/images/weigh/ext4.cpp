#include "bench/images/weigh/ext4.h"

#include <ext2fs/ext2_fs.h>
// Between the two: ext2fs.h takes its types from the first.
#include <ext2fs/ext2fs.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <deque>
#include <unordered_set>

#include "bench/base/error.h"

namespace bench {

namespace fs = std::filesystem;

struct Ext4::State {
  fs::path image;
  ext2_filsys handle = nullptr;

  void check(errcode_t code, const std::string& doing) const {
    if (code == 0) return;
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("cannot {} in the file system of {}: {}", doing, image.string(), error_message(code)),
        "build the image again: bench prepare --rebuild");
  }
};

namespace {

struct Name {
  std::string name;
  ext2_ino_t inode;
};

int add_name(ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* names) {
  const std::string name(entry->name, static_cast<std::size_t>(ext2fs_dirent_name_len(entry)));
  if (entry->inode != 0 && name != "." && name != "..") {
    static_cast<std::vector<Name>*>(names)->push_back({name, entry->inode});
  }
  return 0;
}

int add_block(ext2_filsys, blk64_t* block, e2_blkcnt_t, blk64_t, int, void* blocks) {
  if (*block != 0) static_cast<std::vector<std::uint64_t>*>(blocks)->push_back(*block);
  return 0;
}

char kind_of(std::uint16_t mode) {
  if (LINUX_S_ISREG(mode)) return 'f';
  if (LINUX_S_ISDIR(mode)) return 'd';
  if (LINUX_S_ISLNK(mode)) return 'l';
  return 'o';
}

}  // namespace

Ext4::Ext4(const fs::path& image, std::int64_t offset) : state_(std::make_unique<State>()) {
  state_->image = image;
  const std::string options = fmt::format("offset={}", offset);
  state_->check(
      ext2fs_open2(image.c_str(), options.c_str(), EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &state_->handle),
      "open what shall be ext4");
}

Ext4::~Ext4() {
  if (state_->handle != nullptr) ext2fs_free(state_->handle);
}

std::int64_t Ext4::block_bytes() const {
  return state_->handle->blocksize;
}

std::uint64_t Ext4::block_count() const {
  return ext2fs_blocks_count(state_->handle->super);
}

void Ext4::walk(const std::function<void(const Ext4File&)>& each) const {
  ext2_filsys handle = state_->handle;
  std::unordered_set<ext2_ino_t> seen;
  struct Pending {
    std::string path;
    ext2_ino_t inode;
  };
  std::deque<Pending> pending{{"", EXT2_ROOT_INO}};
  while (!pending.empty()) {
    const Pending next = std::move(pending.front());
    pending.pop_front();
    if (!seen.insert(next.inode).second) continue;
    ext2_inode inode{};
    state_->check(ext2fs_read_inode(handle, next.inode, &inode), "read the inode of /" + next.path);
    Ext4File file;
    file.path = next.path;
    file.kind = kind_of(inode.i_mode);
    file.bytes = static_cast<std::int64_t>(EXT2_I_SIZE(&inode));
    if (ext2fs_inode_has_valid_blocks2(handle, &inode) != 0) {
      state_->check(
          ext2fs_block_iterate3(handle, next.inode, BLOCK_FLAG_READ_ONLY, nullptr, add_block, &file.blocks),
          "read the blocks of /" + next.path);
    }
    if (const blk64_t attributes = ext2fs_file_acl_block(handle, &inode)) file.blocks.push_back(attributes);
    each(file);
    if (file.kind != 'd') continue;
    std::vector<Name> names;
    state_->check(ext2fs_dir_iterate2(handle, next.inode, 0, nullptr, add_name, &names),
                  "list the directory /" + next.path);
    for (auto& [name, child] : names) {
      pending.push_back({next.path.empty() ? name : next.path + "/" + name, child});
    }
  }
}

std::optional<std::string> Ext4::read(const std::string& path) const {
  ext2_ino_t number = 0;
  if (ext2fs_namei_follow(state_->handle, EXT2_ROOT_INO, EXT2_ROOT_INO, ("/" + path).c_str(), &number) != 0) {
    return std::nullopt;
  }
  ext2_file_t file = nullptr;
  state_->check(ext2fs_file_open(state_->handle, number, 0, &file), "open /" + path);
  std::string text;
  std::vector<char> buffer(64 * 1024);
  errcode_t code = 0;
  unsigned got = 0;
  while ((code = ext2fs_file_read(file, buffer.data(), static_cast<unsigned>(buffer.size()), &got)) == 0 &&
         got > 0) {
    text.append(buffer.data(), got);
  }
  ext2fs_file_close(file);
  state_->check(code, "read /" + path);
  return text;
}

}  // namespace bench
