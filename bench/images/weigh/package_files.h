#pragma once

#include <map>
#include <string>

#include "bench/images/weigh/packages.h"

namespace bench {

/// The files in which package managers keep what they know, gathered while a system is read: dpkg's (also one
/// file a package, as distroless images have it), apk's and rpm's.
class PackageFiles {
 public:
  /// True for a file that is one of them; `path` as in plain_path.
  static bool wants(const std::string& path);
  /// A later one of the same path counts: layers are read from the bottom.
  void add(const std::string& path, std::string content);

  [[nodiscard]] PackageDatabase database(Remainder remainder);
  /// After database: "dpkg's list of 91 packages", or that there is none.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  std::map<std::string, std::string> files_;
  std::string words_;
};

}  // namespace bench
