#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "bench/images/weigh/packages.h"

namespace bench {

/// Says what each file of a system is for: by its place where the place says it (documentation is
/// documentation whatever package brings it), else by its package, else by the files around it.
class Attribution {
 public:
  /// `app_files`: plain paths of the app's layer.
  Attribution(PackageDatabase packages, std::unordered_set<std::string> app_files)
      : packages_(std::move(packages)), app_files_(std::move(app_files)) {}

  [[nodiscard]] Category of(std::string_view path) const;

 private:
  PackageDatabase packages_;
  std::unordered_set<std::string> app_files_;
};

}  // namespace bench
