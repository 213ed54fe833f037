#pragma once

#include <filesystem>
#include <memory>

#include "drivers/driver.h"

namespace bench {

/// The Docker Engine API over its unix socket, no CLI. Cheap: nothing is contacted or started before the
/// first verb. The daemon is looked for as Docker's client does (drivers/docker/places.h); where none is
/// named and none answers, one of our own is started (drivers/docker/private/private_docker.h) if options
/// allow it. It ends with the last driver that uses it, so the instances have to be removed before the driver
/// is destroyed.
std::unique_ptr<Driver> make_docker_driver(const DriverOptions& options);

/// The same at one given socket, whatever the environment says; never starts a daemon.
std::unique_ptr<Driver> make_docker_driver_at(const std::filesystem::path& socket);

}  // namespace bench
