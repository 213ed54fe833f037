#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// Looking before libvirt does: it starts a user's session daemon when it finds none, and nobody asked for
// that.

/// Where a user's own daemons keep their sockets and pid files.
std::filesystem::path runtime_dir();

/// The daemon that listens for a local libvirt URI; nothing when nobody does, or it is not a local one.
std::optional<pid_t> daemon_of(const std::string& uri);

/// The local URIs behind which a daemon listens: the system's, the user's own session.
std::vector<std::string> daemons_that_listen();

}  // namespace bench
