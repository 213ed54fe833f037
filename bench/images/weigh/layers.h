#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/image.h"

namespace bench {

/// A file of a layer.
struct LayerEntry {
  std::string path;  ///< as in the tar
  char kind = 'f';   ///< 'f'ile, 'd'irectory, 'l'ink, 'h'ard link to a file of the same layer, 'o'ther
  std::int64_t bytes = 0;
  std::int64_t modified = 0;  ///< seconds since 1970
};

/// What a file takes in a directory of a file system of 4 KiB blocks, where container engines unpack layers:
/// whole blocks; a directory's own blocks; short symbolic links and further names take none.
std::int64_t allocated_bytes(const LayerEntry& entry);

/// The entries of a layer's tar. Where `wants` says so, the content comes with the entry.
void read_layer(const std::filesystem::path& tar,
                const std::function<void(const LayerEntry&, const std::string& content)>& each,
                const std::function<bool(const LayerEntry&)>& wants, std::stop_token stop);

/// Writes the image's layers out of its docker-archive, in order: <to>/0.tar, 1.tar, …
std::vector<std::filesystem::path> extract_layers(const ContainerImage& image,
                                                  const std::filesystem::path& to, std::stop_token stop);

}  // namespace bench
