#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/images/weigh/size.h"

namespace bench {

/// Remembers what was found out about files that do not change. A file that was replaced (another length,
/// another time) makes it forget; so does another method.
class SizeMemory {
 public:
  /// `what`: "container", "direct", …; `files`: what the figures are of; `method`: names code and recipes.
  SizeMemory(const ImageSet& images, const std::string& what, const std::vector<std::filesystem::path>& files,
             const std::string& method);

  [[nodiscard]] std::optional<ImageSize> recall() const;
  void keep(const ImageSize& size) const;

 private:
  std::filesystem::path place_;
  std::string stamp_;  ///< of the files and the method
};

}  // namespace bench
