#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace bench {

/// The host's processes that a container costs: its own ("app": `init` and all below it), the monitor above
/// it
/// ("shim") and the proxy of its published port ("proxy", 0: none). Empty when `init` is no process of this
/// host's (an engine inside a VM numbers its own).
std::vector<HostProcess> container_processes(pid_t init, const std::string& container_id,
                                             std::uint16_t host_port);

/// The daemon that listens on `socket` ("dockerd") and its "containerd". Empty when it cannot be seen from
/// here.
std::vector<HostProcess> daemon_processes(const std::filesystem::path& socket);

}  // namespace bench
