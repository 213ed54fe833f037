#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "drivers/common/process_table.h"
#include "drivers/driver.h"

namespace bench {

/// The host's processes that a container costs: its own ("app": `init` and all below it), the monitor above
/// it
/// ("shim") and the proxy of its published port ("proxy", 0: none). Empty when `init` is no process of this
/// host's (an engine inside a VM numbers its own).
std::vector<HostProcess> container_processes(pid_t init, const std::string& container_id,
                                             std::uint16_t host_port);

/// What carries a rootless daemon's ports and network for all its containers ("proxy"): rootlesskit above the
/// daemon, and the helper of its network. Empty for root's daemon.
std::vector<HostProcess> rootless_processes(const std::map<pid_t, LivingProcess>& table, pid_t daemon);

/// The daemon that listens on `socket` ("dockerd"), its "containerd" and what rootless_processes finds. Empty
/// when it cannot be seen from here.
std::vector<HostProcess> daemon_processes(const std::filesystem::path& socket);

}  // namespace bench
