#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/base/clock.h"
#include "drivers/driver.h"

namespace bench {

// Looking before libvirt does: it starts a user's session daemon when it finds none, and nobody asked for
// that.

/// Where a user's own daemons keep their sockets and pid files.
std::filesystem::path runtime_dir();

/// The daemon that listens for a local libvirt URI; nothing when nobody does, or it is not a local one.
std::optional<pid_t> daemon_of(const std::string& uri);

/// The local URIs behind which a daemon listens: the system's, the user's own session.
std::vector<std::string> daemons_that_listen();

/// True for the machine's own daemon, whose guests run as a user of its own.
bool is_system_daemon(const std::string& uri);

struct DaemonChoice {
  std::optional<std::string> uri;  ///< nothing: the embedded driver
  std::vector<Warning> not_taken;  ///< why each that was tried is not used
};

/// The first of `uris` that starts an empty guest quickly. `start` opens one and says how long that guest
/// took, or throws Error; `hidden` says what the system's daemon cannot see.
DaemonChoice choose_daemon(const std::vector<std::string>& uris,
                           const std::function<Seconds(const std::string& uri)>& start,
                           const std::function<std::optional<Warning>()>& hidden);

}  // namespace bench
