#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bench/base/fd.h"

namespace bench {

/// What an entry of a layer says about a file besides its contents.
struct FileFacts {
  mode_t mode = 0;  ///< permissions, setuid, setgid, sticky
  uid_t uid = 0;
  gid_t gid = 0;
  timespec modified{};
  std::map<std::string, std::string> xattrs;
};

/// Writes a tree below a directory and nowhere else: every path is resolved by the kernel as if the directory
/// were `/`, the last part of a path is never followed. It remembers what the current layer added, because
/// whiteouts mean what lower layers left. Throws Error{kUsage} for what no tree can hold, kUnavailable for a
/// right that is missing, kIo for a file system that refuses.
class TreeWriter {
 public:
  explicit TreeWriter(const std::string& dir);

  void begin_layer();
  /// Gives the directories of this layer their times.
  void end_layer();

  void root(const FileFacts& facts);
  void directory(const std::string& path, const FileFacts& facts);
  /// `content` writes into the new file.
  void file(const std::string& path, const FileFacts& facts, const std::function<void(int fd)>& content);
  void symlink(const std::string& path, const std::string& target, const FileFacts& facts);
  /// `type`: S_IFIFO, S_IFCHR or S_IFBLK.
  void node(const std::string& path, mode_t type, dev_t device, const FileFacts& facts);
  /// A further name of a file, of this layer or a lower one. The file gets the facts, as engines do it.
  void hard_link(const std::string& path, const std::string& target, const FileFacts& facts);

  /// Removes what lower layers left at `path`.
  void whiteout(const std::string& path);
  /// Removes what lower layers left in the directory `path`.
  void opaque(const std::string& path);

 private:
  struct Place {
    int parent = -1;  ///< the directory, kept open until another one is used
    std::string key;  ///< of the directory and the name
    std::string name;
  };
  Place place(const std::string& path, bool make_parents);
  Fd made_directory(const std::string& path, int depth);
  Place cleared(const std::string& path, bool keep_directory);
  void remove_all(int parent, const std::string& name);
  void prune(int parent, const std::string& name);
  void finish(const Place& place, const std::string& path, const FileFacts& facts, bool link);
  void set_xattrs(const Place& place, const std::string& path, const FileFacts& facts);
  [[noreturn]] void fail(const std::string& doing, const std::string& path) const;

  std::string dir_;
  Fd root_;
  Fd parent_;  ///< of the path used last
  std::string parent_path_;
  std::uint64_t parent_inode_ = 0;
  std::unordered_set<std::string> added_;  ///< keys of what this layer wrote
  std::vector<std::pair<std::string, timespec>> times_;
};

}  // namespace bench
