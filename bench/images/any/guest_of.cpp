#include "bench/images/any/guest_of.h"

#include <chrono>

namespace bench {
namespace {

/// Longer than any run waits for an end: whoever stops an instance decides when the plug is pulled, of a
/// container and of a VM alike.
constexpr std::chrono::minutes kInitsGrace{10};

}  // namespace

GuestConfig guest_of(const ImageConfig& config) {
  GuestConfig guest;
  guest.command = config.entrypoint;
  guest.command.insert(guest.command.end(), config.cmd.begin(), config.cmd.end());
  guest.environment = config.env;
  guest.workdir = config.workdir;
  guest.user = config.user;
  guest.stop_signal = stop_signal_number(config.stop_signal);
  guest.grace = kInitsGrace;
  return guest;
}

}  // namespace bench
