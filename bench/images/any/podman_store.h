#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "bench/images/build/images.h"

namespace bench {

/// "containers-storage:NAME": an image of the store that Podman and its relatives have. No daemon is asked.
bool names_podman_image(const std::string& reference);

/// NAME of it.
std::string podman_name(const std::string& reference);

/// Finds it with the program podman, lets that fetch it where image.pull says so, and sets what says how its
/// bytes are had. Throws Error{kUnavailable} where podman is not there or does not have it.
void find_in_podman(AnyImage& image, const std::function<void(const std::string&)>& progress,
                    const std::stop_token& stop);

}  // namespace bench
