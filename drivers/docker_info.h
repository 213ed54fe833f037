#pragma once

#include "drivers/docker_engine.h"
#include "drivers/driver.h"

namespace bench {

/// What the daemon says about itself, and warnings about what would make its numbers mean something else.
DriverInfo docker_info(const DockerEngine& engine, bool is_private);

}  // namespace bench
