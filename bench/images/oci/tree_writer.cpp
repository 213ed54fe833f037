#include "bench/images/oci/tree_writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include "bench/base/error.h"
#include "bench/images/oci/confined.h"
#include "bench/images/tree/xattrs.h"

namespace bench {

namespace {

constexpr int kMostParents = 4096;  // as deep as a path can be
constexpr mode_t kImpliedMode = 0755;

bool looks(int parent, const std::string& name, struct stat& status) {
  return fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

std::string key_of(std::uint64_t parent, const std::string& name) {
  return std::to_string(parent) + "/" + name;
}

std::uint64_t inode_of(int directory) {
  struct stat status {};
  return fstat(directory, &status) == 0 ? status.st_ino : 0;
}

/// The names in a directory; it is opened anew, so that what may be an O_PATH descriptor will do.
std::vector<std::string> names_in(int directory) {
  std::vector<std::string> names;
  const int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> list(fdopendir(fd), closedir);
  while (const dirent* entry = readdir(list.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

}  // namespace

TreeWriter::TreeWriter(const std::string& dir)
    : dir_(dir), root_(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!root_.open()) fail("open", "");
  if (!names_in(root_.get()).empty()) {
    throw Error(ErrorCode::kIo,
                fmt::format("{} is not empty: an image is unpacked into an empty directory", dir));
  }
}

void TreeWriter::fail(const std::string& doing, const std::string& path) const {
  const int why = errno;
  const std::string what = fmt::format("cannot {} /{} in {}: {}", doing, path, dir_, std::strerror(why));
  switch (why) {
    case EPERM:
    case EACCES:
      throw Error(ErrorCode::kUnavailable, what, "an image's owners, modes and devices need root");
    case ENOTSUP:
      throw Error(ErrorCode::kUnavailable, what, "let the directory lie on ext4, xfs or btrfs");
    case ENAMETOOLONG:
    case ELOOP:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
      throw Error(ErrorCode::kUsage, what, "the image is no tree that can be written");
    default:
      throw Error(ErrorCode::kIo, what);
  }
}

void TreeWriter::begin_layer() {
  added_.clear();
  times_.clear();
}

void TreeWriter::end_layer() {
  for (const auto& [path, modified] : times_) {
    const Fd directory = open_in_root(root_.get(), path, O_RDONLY | O_DIRECTORY);
    const std::array<timespec, 2> times = {modified, modified};
    if (directory.open()) futimens(directory.get(), times.data());  // gone, when a later entry replaced it
  }
}

Fd TreeWriter::made_directory(const std::string& path, int depth) {
  Fd directory = open_in_root(root_.get(), path, O_PATH | O_DIRECTORY);
  if (directory.open()) return directory;
  if (depth > kMostParents) errno = ELOOP;
  if (depth > kMostParents || path.empty() || (errno != ENOENT && errno != ENOTDIR)) fail("make", path);
  const auto [parent_path, name] = split_path(path);
  const Fd parent = made_directory(parent_path, depth + 1);
  struct stat status {};
  if (looks(parent.get(), name, status)) {
    if (S_ISLNK(status.st_mode)) {
      std::string target(PATH_MAX, '\0');
      const ssize_t size = readlinkat(parent.get(), name.c_str(), target.data(), target.size());
      if (size < 0) fail("read", path);
      target.resize(static_cast<std::size_t>(size));
      // A link that leads to nothing or to no directory: what it means is made.
      return made_directory(path_in_root(target.starts_with('/') ? target : parent_path + "/" + target),
                            depth + 64);
    }
    if (!S_ISDIR(status.st_mode)) remove_all(parent.get(), name);
  }
  if (mkdirat(parent.get(), name.c_str(), kImpliedMode) != 0 && errno != EEXIST) fail("make", path);
  if (fchmodat(parent.get(), name.c_str(), kImpliedMode, 0) != 0) fail("make", path);
  directory = open_in_root(root_.get(), path, O_PATH | O_DIRECTORY);
  if (!directory.open()) fail("make", path);
  return directory;
}

TreeWriter::Place TreeWriter::place(const std::string& path, bool make_parents) {
  if (path.empty()) {
    throw Error(ErrorCode::kUsage, "a layer of the image gives its top as something else than a directory",
                "no engine takes such an image: build it again");
  }
  auto [parent, name] = split_path(path);
  if (!parent_.open() || parent_path_ != parent) {
    parent_ =
        make_parents ? made_directory(parent, 0) : open_in_root(root_.get(), parent, O_PATH | O_DIRECTORY);
    parent_path_ = parent;
    parent_inode_ = parent_.open() ? inode_of(parent_.get()) : 0;
  }
  return {parent_.get(), key_of(parent_inode_, name), name};
}

TreeWriter::Place TreeWriter::cleared(const std::string& path, bool keep_directory) {
  Place at = place(path, true);
  struct stat status {};
  if (looks(at.parent, at.name, status) && !(keep_directory && S_ISDIR(status.st_mode))) {
    remove_all(at.parent, at.name);
  }
  return at;
}

void TreeWriter::remove_all(int parent, const std::string& name) {
  struct stat status {};
  if (!looks(parent, name, status)) return;
  if (S_ISDIR(status.st_mode)) {
    const Fd directory(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory.open()) fail("open", name);
    for (const std::string& inner : names_in(directory.get())) remove_all(directory.get(), inner);
  }
  if (unlinkat(parent, name.c_str(), S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0) != 0) fail("remove", name);
}

void TreeWriter::prune(int parent, const std::string& name) {
  struct stat status {};
  if (!looks(parent, name, status)) return;
  const bool ours = added_.contains(key_of(inode_of(parent), name));
  if (S_ISDIR(status.st_mode)) {
    const Fd directory(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory.open()) fail("open", name);
    for (const std::string& inner : names_in(directory.get())) prune(directory.get(), inner);
    // Not empty: this layer wrote something below it.
    if (!ours && unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOTEMPTY)
      fail("remove", name);
  } else if (!ours && unlinkat(parent, name.c_str(), 0) != 0) {
    fail("remove", name);
  }
}

void TreeWriter::whiteout(const std::string& path) {
  const Place at = place(path, false);
  if (at.parent >= 0) prune(at.parent, at.name);
}

void TreeWriter::opaque(const std::string& path) {
  parent_.reset();  // it may be removed
  const Fd directory = open_in_root(root_.get(), path, O_RDONLY | O_DIRECTORY);
  if (!directory.open()) return;
  for (const std::string& name : names_in(directory.get())) prune(directory.get(), name);
}

void TreeWriter::set_xattrs(const Place& at, const std::string& path, const FileFacts& facts) {
  const std::string file = fmt::format("/proc/self/fd/{}/{}", at.parent, at.name);
  for (const auto& [name, value] : facts.xattrs) {
    if (lsetxattr(file.c_str(), name.c_str(), value.data(), value.size(), 0) != 0) {
      fail("set the attribute " + name + " of", path);
    }
  }
}

void TreeWriter::finish(const Place& at, const std::string& path, const FileFacts& facts, bool link) {
  if (fchownat(at.parent, at.name.c_str(), facts.uid, facts.gid, AT_SYMLINK_NOFOLLOW) != 0) fail("own", path);
  // After the owner, whose change takes setuid and capabilities away. A link has no mode.
  if (!link && fchmodat(at.parent, at.name.c_str(), facts.mode, 0) != 0) fail("set the mode of", path);
  set_xattrs(at, path, facts);
  const std::array<timespec, 2> times = {facts.modified, facts.modified};
  if (utimensat(at.parent, at.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    fail("set the time of", path);
  }
  added_.insert(at.key);
}

void TreeWriter::root(const FileFacts& facts) {
  clear_xattrs(fmt::format("/proc/self/fd/{}/.", root_.get()));
  if (fchown(root_.get(), facts.uid, facts.gid) != 0) fail("own", "");
  if (fchmod(root_.get(), facts.mode) != 0) fail("set the mode of", "");
  set_xattrs({root_.get(), "", "."}, "", facts);
  times_.emplace_back("", facts.modified);
}

void TreeWriter::directory(const std::string& path, const FileFacts& facts) {
  const Place at = cleared(path, true);
  if (mkdirat(at.parent, at.name.c_str(), 0700) != 0) {
    if (errno != EEXIST) fail("make", path);
    // What a layer says of a directory replaces what lower ones said.
    clear_xattrs(fmt::format("/proc/self/fd/{}/{}", at.parent, at.name));
  }
  finish(at, path, facts, false);
  times_.emplace_back(path, facts.modified);
}

void TreeWriter::file(const std::string& path, const FileFacts& facts,
                      const std::function<void(int fd)>& content) {
  const Place at = cleared(path, false);
  const Fd file(
      openat(at.parent, at.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.open()) fail("make", path);
  content(file.get());
  finish(at, path, facts, false);
}

void TreeWriter::symlink(const std::string& path, const std::string& target, const FileFacts& facts) {
  const Place at = cleared(path, false);
  if (symlinkat(target.c_str(), at.parent, at.name.c_str()) != 0) fail("make the link", path);
  finish(at, path, facts, true);
}

void TreeWriter::node(const std::string& path, mode_t type, dev_t device, const FileFacts& facts) {
  const Place at = cleared(path, false);
  if (mknodat(at.parent, at.name.c_str(), type | 0600, device) != 0) fail("make the device", path);
  finish(at, path, facts, false);
}

void TreeWriter::hard_link(const std::string& path, const std::string& target, const FileFacts& facts) {
  const auto [target_parent, target_name] = split_path(target);
  const Fd from = open_in_root(root_.get(), target_parent, O_PATH | O_DIRECTORY);
  struct stat status {};
  if (!from.open() || !looks(from.get(), target_name, status) || S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("a layer of the image links /{} to /{}, which is no file", path, target),
                "the image is no tree that can be written");
  }
  struct stat there {};
  Place at = place(path, true);
  const bool same =
      looks(at.parent, at.name, there) && there.st_dev == status.st_dev && there.st_ino == status.st_ino;
  if (!same) {
    at = cleared(path, false);
    if (linkat(from.get(), target_name.c_str(), at.parent, at.name.c_str(), 0) != 0) fail("link", path);
  }
  finish(at, path, facts, S_ISLNK(status.st_mode));
}

}  // namespace bench
