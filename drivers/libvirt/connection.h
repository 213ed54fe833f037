#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.h"

struct _virConnect;  // NOLINT(bugprone-reserved-identifier): a name of libvirt

namespace bench {

/// libvirt's last error on this thread as Error{kEngine} (kUnavailable where nothing answers): "what:
/// message".
[[noreturn]] void throw_libvirt(const std::string& what, const std::string& remedy = {});

/// Before any other call of the library, which reads at its first one where its log goes. Once a process.
void start_libvirt();

/// As libvirt counts it, 9002000 for 9.2.0; 0 where it does not say.
unsigned long libvirt_version_number();

class EmbedRoot;
class EventLoop;
struct DomainEvents;

/// An open connection to libvirt, with the event loop that it needs.
class LibvirtConnection {
 public:
  /// `uri` from --connect, else LIBVIRT_DEFAULT_URI, else a daemon that answers and works, else the embedded
  /// driver. Throws Error{kUnavailable} with a remedy.
  static std::shared_ptr<LibvirtConnection> open(const DriverOptions& options);
  /// The same daemon once more, after it went away. Throws kEngine when it is gone: libvirt itself would
  /// start a session daemon that nobody asked for.
  static std::shared_ptr<LibvirtConnection> reopen(const std::string& uri);
  ~LibvirtConnection();
  LibvirtConnection(const LibvirtConnection&) = delete;
  LibvirtConnection& operator=(const LibvirtConnection&) = delete;

  [[nodiscard]] _virConnect* get() const { return connection_; }
  [[nodiscard]] const std::string& uri() const { return uri_; }
  /// The engine is a library in this very process.
  [[nodiscard]] bool embedded() const { return root_ != nullptr; }
  /// libvirt's in-memory driver: no pause, no auto-destroy, no console, no processes.
  [[nodiscard]] bool mock() const { return mock_; }
  [[nodiscard]] bool alive() const;

  /// QEMU's log and pid file of a guest, where this connection keeps them.
  [[nodiscard]] std::filesystem::path log_file(const std::string& name) const;
  [[nodiscard]] std::filesystem::path pid_file(const std::string& name) const;
  /// The daemon's process; nothing when it is embedded or remote.
  [[nodiscard]] std::optional<pid_t> daemon_pid() const;
  /// True for a daemon whose guests run as a user of its own.
  [[nodiscard]] bool system_daemon() const;

  /// Why a guest last stopped, in libvirt's words ("crashed", "shut down", …).
  [[nodiscard]] std::optional<std::string> stop_reason(const std::string& name) const;

  /// The guests that carry our label.
  [[nodiscard]] std::vector<OwnedInstance> labelled() const;

  [[nodiscard]] const std::vector<Warning>& warnings() const { return warnings_; }

 private:
  LibvirtConnection() = default;
  void connect(const std::string& uri);

  std::shared_ptr<EventLoop> loop_;
  std::shared_ptr<EmbedRoot> root_;  ///< libvirt has one embedded driver a process: connections share it
  std::shared_ptr<DomainEvents> events_;
  _virConnect* connection_ = nullptr;
  int events_id_ = -1;
  bool mock_ = false;
  std::string uri_;
  std::vector<Warning> warnings_;
};

}  // namespace bench
