#pragma once

#include <cstddef>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "drivers/docker/engine.h"
#include "drivers/driver.h"

namespace bench {

/// As many as the cache keeps sets of images.
inline constexpr std::size_t kLoadedImagesKept = 8;

/// "bench/backend:" and the twelve hexadecimal digits of a key, or "bench/image:" and those of an image's id:
/// what bench calls the images that it loads, and those that are built for it.
bool is_loaded_reference(const std::string& reference);

/// Takes our names off the images that bench has loaded into this daemon, all but the `keep` that were used
/// last; an image without another name is gone then. An image is ours by its name and by our mark in its
/// configuration, or by the digits of its id in that name. One that a container uses, and one of `spared`
/// (ids), stays. Returns the names.
std::vector<std::string> remove_loaded_images(const DockerEngine& engine, std::size_t keep,
                                              const std::set<std::string>& spared = {},
                                              const std::stop_token& stop = {});

/// All that drivers of this process have prepared, and this one: a run may have more apps than are kept.
std::set<std::string> used_by_this_process(const std::string& image_id);

/// For `bench clean --images`: does so in every daemon that answers at one of the usual places; one line per
/// image.
std::vector<std::string> clean_loaded_images();

}  // namespace bench
