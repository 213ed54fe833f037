#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "drivers/docker/engine.h"
#include "drivers/driver.h"

namespace bench {

struct PreparedImage {
  std::string
      id;  ///< what this engine calls it: the configuration's digest, or the manifest's (containerd store)
  Facts facts;  ///< digest, reference, size, layers
};

/// Finds the image in the engine, or loads its archive. Throws kEngine with the engine's words when it
/// cannot.
PreparedImage prepare_docker_image(const DockerEngine& engine, const ContainerImage& image,
                                   const std::function<void(const std::string&)>& progress,
                                   std::stop_token stop);

}  // namespace bench
