#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/images/oci/image.h"

namespace bench {

/// Writes an image as `docker save` does, under the one name `reference`: its configuration and its layers
/// byte for byte, so that the engine gives it the same id. Returns the layers' names in it. Throws
/// Error{kIo}.
std::vector<std::string> write_docker_form(const OciImage& image, const std::string& reference,
                                           const std::filesystem::path& to);

}  // namespace bench
