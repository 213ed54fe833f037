#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "drivers/docker/engine.h"
#include "drivers/driver.h"

namespace bench {

/// Where a Docker daemon may listen, and who says so.
struct DockerPlace {
  std::string named_by;          ///< "DOCKER_HOST", "the context \"work\""; empty: a usual place
  std::string address;           ///< as it was named: "unix:///run/docker.sock", "ssh://…"
  std::filesystem::path socket;  ///< empty: not a unix socket, so not of this host
  bool asked_for = false;        ///< for this very call: no other place will do
};

/// As Docker's own client looks for it: DOCKER_HOST; or DOCKER_CONTEXT; or the context of its configuration
/// (DOCKER_CONFIG, ~/.docker), the system's socket and those of a rootless daemon. Never empty. Throws
/// Error{kUnavailable} when DOCKER_CONTEXT names a context that there is not.
std::vector<DockerPlace> docker_places();

/// True when the environment names a daemon: then one of our own is no answer to its silence.
bool docker_is_named();

/// The first daemon that answers. Throws Error{kUnavailable} that names every place that was tried, and
/// kInterrupted.
std::shared_ptr<DockerEngine> first_docker(const std::vector<DockerPlace>& places, std::stop_token stop = {});

/// Whether this user reaches a daemon, and which; or whether root would, or could start one.
EngineAccess docker_access();

}  // namespace bench
