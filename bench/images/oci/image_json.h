#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/images/oci/image.h"

namespace bench {

/// The JSON of a blob. With a digest ("sha256:…") the bytes must have it. Throws Error{kUsage}.
nlohmann::json blob_json(const Blobs& blobs, const std::string& name, const std::string& digest = {});

/// "blobs/sha256/…" of a layout. Throws Error{kUsage} for what is no digest of SHA-256.
std::string blob_of(const std::string& digest);

/// "sha256:…" where a blob's name says so, as "blobs/sha256/HEX" and "HEX.json" do; else empty.
std::string digest_in_name(const std::string& name);

/// Reads the configuration into the image: id, config and the diff_ids of its layers, whose number must be
/// that of the layers already there. Throws Error{kUsage}.
void read_image_config(OciImage& image, const std::string& blob, const std::string& digest);

/// Whether the image can run there. Throws Error{kUsage} with both names where it cannot.
void require_platform(const OciImage& image, const Platform& platform);

/// An image that a layout or an archive holds.
struct ImageEntry {
  std::vector<std::string> names;  ///< tags or references; none for an image without
  Platform platform;
  std::string digest;     ///< of its manifest
  std::size_t index = 0;  ///< its place in the list of a docker-archive
};

/// The one entry that is meant. Throws Error{kUsage}, which names the platforms or the images there are.
const ImageEntry& choose_image(const std::vector<ImageEntry>& entries, const std::string& name,
                               const OciImage& image, const Platform& platform);

}  // namespace bench
