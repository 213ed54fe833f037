#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "bench/core/vocabulary.h"
#include "drivers/docker/engine.h"

namespace bench {

/// The id of an image that the engine has under that name, fetched from its registry where `pull` says so.
/// Throws Error{kUnavailable} with the engine's words where there is none.
std::string find_stored_image(const DockerEngine& engine, const std::string& reference, Pull pull,
                              const std::function<void(const std::string&)>& progress, std::stop_token stop);

/// GET /images/{id}/get into a file: a docker-archive. What is there is whole; throws Error{kIo} or
/// {kEngine}.
void save_stored_image(const DockerEngine& engine, const std::string& id, const std::filesystem::path& to,
                       std::stop_token stop);

}  // namespace bench
