#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/base/fd.h"
#include "bench/core/image.h"
#include "drivers/common/process_table.h"
#include "drivers/driver.h"
#include "drivers/libvirt/connection.h"
#include "drivers/libvirt/daemon/reaper.h"
#include "drivers/libvirt/domain/domain_xml.h"

struct _virDomain;  // NOLINT(bugprone-reserved-identifier): a name of libvirt

namespace bench {

/// A free port on the loopback, kept bound (never listening) until it is released, so that nobody else is
/// given it. QEMU can listen on it meanwhile: both sockets set SO_REUSEADDR.
class ReservedPort {
 public:
  ReservedPort();
  [[nodiscard]] std::uint16_t number() const { return number_; }
  void release();

 private:
  Fd fd_;
  std::uint16_t number_ = 0;
};

/// A qcow2 overlay on `base`. Throws kIo or kEngine with qemu-img's words; nothing is left then.
void make_overlay(const std::filesystem::path& base, const std::filesystem::path& overlay,
                  std::stop_token stop);

/// CPU features that a guest of that image does without, since its kernel dies of them there; `type` as in
/// DomainSpec. Every Guest leaves them out.
std::vector<std::string> features_left_out(const LibvirtConnection& connection, const VmImage& image,
                                           const std::string& type);

/// Ends a guest that no Guest of this process stands for, and removes all that it left. Without a connection
/// its record and /proc have to do. Throws Error{kUsage} for a name that is not ours, kEngine for one that
/// cannot be killed.
void remove_guest_left_behind(const LibvirtConnection* connection, const std::string& name);

class ConsoleStream;

/// One guest: its record and files, its transient domain, its console.
class Guest {
 public:
  /// Writes the record, then makes the overlay and the firmware variables that `image` needs, and completes
  /// `spec` with them. Nothing of it is left when it throws.
  Guest(std::shared_ptr<LibvirtConnection> connection, DomainSpec spec, const VmImage& image,
        std::stop_token stop);
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  void set_console(std::shared_ptr<ConsoleSink> sink) { sink_ = std::move(sink); }
  /// Starts it paused, opens the console, lets it run: not one byte is lost.
  void start(std::stop_token stop);
  [[nodiscard]] InstanceState state() const;
  [[nodiscard]] std::optional<pid_t> pid() const;
  /// The process that forwards the app's port, where that is not QEMU itself.
  [[nodiscard]] std::optional<pid_t> forwarder() const {
    return forwarder_ ? std::optional(forwarder_->pid) : std::nullopt;
  }
  [[nodiscard]] std::uint16_t port() const { return port_.number(); }
  /// Presses the power button and waits at most `limit`. True when the guest is off.
  bool power_button(Seconds limit);
  /// Ends the guest. No error when it is gone.
  void destroy();
  /// Ends the guest by any means and removes all that it left. Idempotent.
  void remove();
  /// What QEMU said last, for error messages; empty when it said nothing.
  [[nodiscard]] std::string last_words() const;

 private:
  void launch();
  void open_console();
  bool end_processes();

  std::shared_ptr<LibvirtConnection> connection_;
  DomainSpec spec_;
  ReservedPort port_;
  std::string xml_;
  std::shared_ptr<ConsoleSink> sink_;
  std::shared_ptr<ConsoleStream> console_;
  _virDomain* domain_ = nullptr;
  std::optional<ProcessIdentity> forwarder_;
  std::unique_ptr<GuestReaper> reaper_, forwarder_reaper_;
  std::atomic<bool> destroyed_ = false;  ///< by us
};

}  // namespace bench
