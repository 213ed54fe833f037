#pragma once

#include "drivers/docker/engine.h"
#include "drivers/driver.h"

namespace bench {

/// What the daemon says about itself, and warnings about what would make its numbers mean something else.
DriverInfo docker_info(const DockerEngine& engine, bool is_private);

/// By the answer to GET /info: images lie in containerd's store, which numbers them by their manifests and
/// counts their bytes in another way.
bool keeps_images_in_containerd(const nlohmann::json& info);

}  // namespace bench
