#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_set>
#include <vector>

#include "bench/images/build/store.h"
#include "bench/images/weigh/attribution.h"
#include "bench/images/weigh/size.h"

namespace bench {

// What weighing a container and weighing a VM have in common.

/// The app's layer, as it was put into every image of the set.
struct AppLayer {
  std::filesystem::path tar;
  std::unordered_set<std::string> files;  ///< plain paths
  std::string workdir;                    ///< "/backend-flask": where the app's own files are
  std::int64_t epoch = 0;                 ///< its youngest file
};
/// Empty for an image that was not made here: which of its files are the app's is not known, so that neither
/// one more app on its base nor a slimmed one can be built.
AppLayer read_app_layer(const ImageSet& images, std::stop_token stop);
/// Where it lies; empty where there is none.
std::filesystem::path app_layer_file(const ImageSet& images);
/// What the packages are there for that nothing else explains.
Remainder remainder_of(const ImageSet& images);
/// The note in place of those variants.
inline constexpr const char* kNoVariants =
    "absent: the image was not made here, and which of its files are the app's is not known";

/// The cache that the set lies in: <cache>/images/sets/<key>.
ImageStore store_of(const ImageSet& images);
/// Compressed sizes by content.
std::filesystem::path transfer_memory(const ImageSet& images);

/// Throws Error{kUnavailable} where the variants cannot be built: not root, programs that are missing.
void require_size_tools(const std::vector<std::string>& programs);

/// Code and recipes that the figures come from.
std::string size_method();
/// Where the recipes of this directory are.
std::filesystem::path size_recipes();

}  // namespace bench
