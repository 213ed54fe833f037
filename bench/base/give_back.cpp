#include "bench/base/give_back.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace bench {

namespace fs = std::filesystem;

namespace {

using Owner = std::pair<uid_t, gid_t>;

std::optional<Owner> sudo_user() {
  const char* uid = std::getenv("SUDO_UID");
  const char* gid = std::getenv("SUDO_GID");
  if (uid == nullptr || gid == nullptr) return std::nullopt;
  const auto user = static_cast<uid_t>(std::strtoul(uid, nullptr, 10));
  if (user == 0) return std::nullopt;
  return Owner{user, static_cast<gid_t>(std::strtoul(gid, nullptr, 10))};
}

/// By descriptors, and never through a symbolic link: the directory's owner may change it meanwhile.
void give(int parent, const char* name, const Owner& owner) {
  struct stat status {};
  if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (S_ISDIR(status.st_mode)) {
    const int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) return;
    DIR* entries = fdopendir(directory);
    if (entries == nullptr) {
      close(directory);
      return;
    }
    while (const dirent* entry = readdir(entries)) {
      const std::string_view child = entry->d_name;
      if (child != "." && child != "..") give(directory, entry->d_name, owner);
    }
    if (fstat(directory, &status) == 0 && status.st_uid == 0) {
      (void)!fchown(directory, owner.first, owner.second);
    }
    closedir(entries);
    return;
  }
  // A file with a second name may be anything of root's.
  if (status.st_uid == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1) {
    (void)!fchownat(parent, name, owner.first, owner.second, AT_SYMLINK_NOFOLLOW);
  }
}

}  // namespace

GiveBack::GiveBack(const fs::path& path, Otherwise otherwise) {
  if (geteuid() != 0) return;
  std::error_code error;
  path_ = fs::absolute(path, error).lexically_normal();
  if (error) return;
  if (path_.filename().empty()) path_ = path_.parent_path();  // "results/"
  std::vector<fs::path> missing;
  for (fs::path at = path_;; at = at.parent_path()) {
    struct stat status {};
    if (lstat(at.c_str(), &status) != 0) {
      missing.push_back(at);
    } else if (status.st_uid != 0) {
      owner_ = {status.st_uid, status.st_gid};
      return;
    }
    if (at != path_) parents_.push_back(at);
    if (at == at.parent_path()) break;
  }
  if (otherwise == Otherwise::kRoots || missing.empty()) return;
  owner_ = sudo_user();
  missing.erase(missing.begin());  // path_ itself
  parents_ = std::move(missing);
}

GiveBack::~GiveBack() {
  if (!owner_) return;
  give(AT_FDCWD, path_.c_str(), *owner_);
  for (const fs::path& parent : parents_) {
    struct stat status {};
    if (lstat(parent.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == 0) {
      (void)!lchown(parent.c_str(), owner_->first, owner_->second);
    }
  }
}

}  // namespace bench
