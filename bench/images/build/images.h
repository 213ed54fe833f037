#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/core/image.h"

namespace bench {

struct ImageRequest {
  std::filesystem::path app;                                  ///< empty: the bundled backend/
  std::set<Artefact> artefacts{Artefact::kContainerArchive};  ///< only what is asked for is built
  std::string base = "distribution";  ///< or a registry reference such as "python:3.10-slim-bullseye"
  bool rebuild = false;
  bool shared = false;                               ///< into the store that every user of the host reads
  std::function<void(const std::string&)> progress;  ///< one line for people
};

/// Builds what is missing, or finds it by content hash; the only thing in the program that needs the network.
/// Interrupted at any point it leaves no half image that looks finished. Throws Error with a remedy.
ImageSet prepare_images(const ImageRequest& request, std::stop_token stop);

/// True when prepare_images(request) would find everything in the cache.
bool images_ready(const ImageRequest& request);

/// What names the images of a request in every store: the same request on the same distribution, the same
/// name.
std::string request_hash(const ImageRequest& request);

/// Bytes that the image cache holds, and its removal (`bench clean --images`).
std::int64_t image_cache_bytes();
void remove_image_cache();

}  // namespace bench
