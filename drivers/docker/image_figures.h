#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "drivers/docker/engine.h"
#include "drivers/driver.h"

namespace bench {

/// What the daemon says of an image that it has: `virtual` by its inspection, its history and the daemon's
/// disk usage; `disk` by the directories in which it says that it keeps the layers, where they can be read
/// here. Throws kEngine when there is no such image.
std::vector<ImageFigure> docker_image_figures(const DockerEngine& engine, const std::string& id,
                                              const std::stop_token& stop);

}  // namespace bench
