#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/core/run.h"
#include "drivers/common/process_table.h"
#include "drivers/libvirt/domain/domain_xml.h"

namespace bench {

/// What this host has to carry a guest's port.
struct NetworkTools {
  std::string qemu_without_slirp;  ///< the QEMU that was built without its user network; empty: it has one
  bool passt = false;              ///< the program is installed
  unsigned long libvirt = 0;       ///< 1000000 × major + 1000 × minor + release
};

struct NetworkChoice {
  GuestNetwork network = GuestNetwork::kSlirp;
  std::optional<Warning> obstacle;  ///< why no guest can be reached on this host
};

/// Slirp where QEMU has it, since every libvirt takes it; else passt. `setting` ("slirp", "passt", "auto" or
/// empty) decides for one of them. Throws Error{kUsage} for another word.
NetworkChoice choose_network(const std::string& setting, const NetworkTools& tools);

/// The same, for this host and the variable BENCH_VM_NETWORK. Starts QEMU without a machine, for a moment.
NetworkChoice choose_network();

/// Throws Error{kUnavailable} when libvirt's domain capabilities leave out what was chosen. A libvirt that is
/// older than this answer says nothing.
void require_offered(GuestNetwork network, const std::string& domain_capabilities);

/// For the engine's facts.
std::string network_text(GuestNetwork network);

/// The passt process that forwards this port of 127.0.0.1; nothing when there is none.
std::optional<ProcessIdentity> passt_process(std::uint16_t host_port);

}  // namespace bench
