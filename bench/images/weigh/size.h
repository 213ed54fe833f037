#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "bench/core/image.h"
#include "bench/images/weigh/categories.h"

namespace bench {

/// How large an image is, in bytes and in the same sense for containers and VMs (docs/size.md).
struct ImageSize {
  std::int64_t transfer = 0;  ///< compressed as it is sent
  std::int64_t disk = 0;      ///< allocated on the host's disk
  std::int64_t unpacked = 0;  ///< apparent: the files' lengths; the virtual disk's size
  std::int64_t unique = 0;    ///< of `disk`: what another image of the same base does not share
  int layers = 0;             ///< a container's layers; the length of a disk's backing chain
  /// What a further app on the same base adds to `disk`: {2, bytes of the second app}, {3, …}.
  std::vector<std::pair<int, std::int64_t>> marginal;
  std::int64_t slim_transfer = 0, slim_disk = 0;  ///< of the variant that a careful engineer would ship
  Parts parts{};                                  ///< where the bytes of `disk` are
  std::map<std::string, std::string> notes;  ///< what a reader must know: compressor, compression of slim
};

struct SizeRequest {
  std::function<void(const std::string&)> progress;  ///< one line for people; may be empty
  bool fresh = false;                                ///< do not use what is remembered
};

/// Weighs an artefact of the set. What depends only on the image's bytes is remembered beside them. Needs
/// root the first time (the variants are really built). Throws Error.
ImageSize measure_size(const ImageSet& images, Artefact artefact, const SizeRequest& request,
                       std::stop_token stop);
ImageSize measure_container_size(const ImageSet& images, const SizeRequest& request, std::stop_token stop);
ImageSize measure_vm_size(const ImageSet& images, Artefact artefact, const SizeRequest& request,
                          std::stop_token stop);

/// Bytes that a file has on disk, holes left out. Throws Error{kIo} when it is not there.
std::int64_t allocated_file_bytes(const std::string& path);

}  // namespace bench
