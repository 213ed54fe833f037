#include "drivers/libvirt_daemon.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace bench {
namespace {

namespace fs = std::filesystem;

/// The process that listens on a unix socket; nothing when nobody does.
std::optional<pid_t> listener(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof(address.sun_path)) {
    return std::nullopt;
  }
  path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);  // the rest is zero
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return std::nullopt;
  }
  std::optional<pid_t> pid;
  const timeval limit{1, 0};  // a full backlog would block
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
      pid = peer.pid;
    }
  }
  ::close(fd);
  return pid;
}

}  // namespace

std::filesystem::path runtime_dir() {
  const char* dir = std::getenv("XDG_RUNTIME_DIR");
  return dir != nullptr && *dir != '\0' ? fs::path(dir) : fs::path("/run/user") / std::to_string(::getuid());
}

std::optional<pid_t> daemon_of(const std::string& uri) {
  if (!uri.starts_with("qemu:///") && !uri.starts_with("qemu+unix:///")) {
    return std::nullopt;
  }
  const auto given = uri.find("socket=");
  if (given != std::string::npos) {
    const auto from = given + std::strlen("socket=");
    return listener(uri.substr(from, uri.find('&', from) - from));
  }
  const fs::path base = uri.find("///session") == std::string::npos ? "/run" : runtime_dir();
  for (const char* name : {"virtqemud-sock", "libvirt-sock"}) {
    if (const auto pid = listener(base / "libvirt" / name)) {
      return pid;
    }
  }
  return std::nullopt;
}

std::vector<std::string> daemons_that_listen() {
  std::vector<std::string> uris;
  for (const char* uri : {"qemu:///system", "qemu:///session"}) {
    // root's session is the system daemon
    if ((std::strstr(uri, "session") == nullptr || ::geteuid() != 0) && daemon_of(uri)) {
      uris.emplace_back(uri);
    }
  }
  return uris;
}

}  // namespace bench
