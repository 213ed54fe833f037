#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/core/image.h"
#include "bench/images/build/dockerfile.h"

namespace bench {

/// A layer that is ready to be put into an image.
struct LayerFile {
  std::string role;
  std::filesystem::path tar;
  std::string created_by;  ///< for `docker history`
};

/// Writes `archive` as `docker save` would, from layers in order. The same input gives the same bytes.
ContainerImage write_docker_archive(const std::filesystem::path& archive,
                                    const std::vector<LayerFile>& layers, const AppConfig& config,
                                    const std::string& architecture, const std::string& reference,
                                    std::int64_t created);

}  // namespace bench
