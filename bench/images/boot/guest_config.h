#pragma once

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace bench {

/// A limit as setrlimit takes it.
struct GuestLimit {
  int resource = 0;  ///< RLIMIT_NOFILE, …
  unsigned long long soft = 0, hard = 0;
};

/// What the guest's init is told: how the image's program runs, in the words of an image's configuration, and
/// the machine around it.
struct GuestConfig {
  std::vector<std::string> command;        ///< ENTRYPOINT and CMD
  std::vector<std::string> environment;    ///< NAME=VALUE; PATH, HOSTNAME and HOME are added where missing
  std::string workdir;                     ///< made where it is missing; empty: /
  std::string user;                        ///< USER: "", "1000", "app", "app:staff", "1000:1000"
  int stop_signal = SIGTERM;               ///< what the power button sends
  std::chrono::milliseconds grace{10000};  ///< from there to SIGKILL
  std::vector<GuestLimit> limits;
  std::vector<std::string> tmpfs;  ///< where memory is mounted over the image's files
  std::string nonce_variable;      ///< gets the SMBIOS serial number; empty: none

  std::string disk = "/dev/vda";
  std::string hostname = "bench";
  // QEMU's user network; passt is given the same (docs/architecture.md). Without an address only loopback.
  std::string address = "10.0.2.15/24", gateway = "10.0.2.2", nameserver = "10.0.2.3";
};

/// The file that the init reads, without its modules' names. Throws Error{kUsage} for what it cannot carry:
/// no command, a NUL, an environment without "=", a working directory that is not absolute.
std::string guest_config_text(const GuestConfig& config, const std::vector<std::string>& modules);

/// STOPSIGNAL of an image: "SIGTERM", "term", "15", "SIGRTMIN+3"; empty is SIGTERM. Throws Error{kUsage}.
int stop_signal_number(const std::string& text);

}  // namespace bench
