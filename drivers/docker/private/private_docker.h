#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bench {

/// A dockerd of our own: data root in cache_dir()/docker, everything else in state_dir()/docker, a bridge of
/// its own, and no firewall rule of the host is read or changed. All bench processes with the same cache
/// directory share one; the last user stops it. Use is a lock that the kernel drops with its process, so a
/// daemon whose users were all killed is known by that: the next run takes it over, `bench clean` stops it.
class PrivateDocker {
 public:
  /// Takes over one that answers, or clears what a dead one left and starts a new one. Returns when it
  /// answers. Throws kUnavailable with the reason and remedy where it cannot be started (no dockerd, not
  /// root, the tail of its log), kInterrupted when `stop` fires; nothing is left then.
  static std::unique_ptr<PrivateDocker> acquire(const std::function<void(const std::string&)>& progress = {},
                                                std::stop_token stop = {});

  /// Stops the daemon if nobody else uses it: its containerd, containers, mounts and bridge go too. Never
  /// throws.
  ~PrivateDocker();
  PrivateDocker(const PrivateDocker&) = delete;
  PrivateDocker& operator=(const PrivateDocker&) = delete;

  [[nodiscard]] const std::filesystem::path& socket() const { return socket_; }

 private:
  PrivateDocker() = default;

  int users_lock_ = -1;
  std::filesystem::path socket_;
};

/// Why this machine cannot have one ("dockerd is not installed", "not root"); nothing when it can.
struct PrivateDockerObstacle {
  std::string text, remedy;
};
std::optional<PrivateDockerObstacle> private_docker_obstacle();

/// The socket of a private daemon that answers now, whoever uses it; `bench clean` removes the containers of
/// dead owners through it.
std::optional<std::filesystem::path> running_private_docker();

/// For `bench clean`: when no living bench uses the private daemon, stops it and removes what is left of it
/// (shims, mounts, network namespaces, bridge, run directory). The stored images stay: they are a cache.
/// Returns one line per thing that was found and removed; empty when there was nothing. With `force`, also
/// when in use.
std::vector<std::string> clean_private_docker(bool force = false);

}  // namespace bench
