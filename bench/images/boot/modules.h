#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A driver as the guest's kernel takes it.
struct GuestModule {
  std::string name;   ///< "virtio_blk.ko"
  std::string bytes;  ///< not compressed: kernels differ in what they can unpack
};

/// What a module says of itself under a key ("depends", "alias", "softdep"), in the order in which it stands
/// there. Empty for what is no module.
std::vector<std::string> module_info(std::string_view module, std::string_view key);

/// The modules of one kernel: a directory as /lib/modules/RELEASE. It needs no depmod: each module says
/// itself what it needs, and Debian's packages have no modules.dep.
class ModuleTree {
 public:
  explicit ModuleTree(std::filesystem::path dir);

  /// These modules and what they need, in the order in which they are to be loaded. What is built into the
  /// kernel is left out. Throws Error{kUnavailable} for a name that is neither there nor built in, and
  /// Error{kCorrupt} for a file that cannot be unpacked.
  [[nodiscard]] std::vector<GuestModule> with_dependencies(const std::vector<std::string>& names) const;

 private:
  struct Found;
  void add(const std::string& name, Found& found) const;
  void add_preferred(const std::string& wanted, Found& found) const;

  std::filesystem::path dir_;
  std::vector<std::pair<std::string, std::filesystem::path>> files_;  ///< by name, sorted
  std::vector<std::string> builtin_;
};

}  // namespace bench
