#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace bench {

/// Root works for somebody: what it makes in their directory becomes theirs, or they could neither remove it
/// nor go on with it. Does nothing for anybody else than root. The owner is that of the nearest directory
/// above that is not root's.
class GiveBack {
 public:
  enum class Otherwise {
    kRoots,    ///< where every directory above is root's, it stays root's
    kSudoUser  ///< there, what is new becomes that of the user who called sudo
  };

  /// Before anything of `path` is made.
  GiveBack(const std::filesystem::path& path, Otherwise otherwise);
  /// Gives what root owns at `path` and below; symbolic links and other users' files stay.
  ~GiveBack();
  GiveBack(const GiveBack&) = delete;
  GiveBack& operator=(const GiveBack&) = delete;

 private:
  std::optional<std::pair<uid_t, gid_t>> owner_;
  std::filesystem::path path_;
  std::vector<std::filesystem::path> parents_;  ///< made for it, perhaps
};

}  // namespace bench
