#pragma once

#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "drivers/docker/engine.h"
#include "drivers/driver.h"

namespace bench {

/// Creates a container of `config` (of POST /containers/create) as `name`, puts `probe` into it, lets it run
/// in place of the image's program and returns what it said. The container has no network and is gone
/// afterwards. Throws Error{kEngine}, also where the probe says nothing.
std::string docker_start_report(const DockerEngine& engine, const std::string& name, nlohmann::json config,
                                const StartProbe& probe, const std::stop_token& stop);

}  // namespace bench
