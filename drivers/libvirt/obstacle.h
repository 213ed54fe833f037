#pragma once

#include <optional>
#include <string>

#include "bench/core/run.h"
#include "drivers/driver.h"

namespace bench {

/// What keeps every VM of ours from working on this host, whatever libvirt says: another processor than
/// x86-64, or a QEMU without its user network (slirp) where passt cannot take its place. Starts no guest;
/// some 50 ms. Nothing where it is not known.
std::optional<Warning> libvirt_obstacle(const DriverOptions& options);

/// The two parts of it.
std::optional<Warning> architecture_obstacle(const std::string& machine);
std::optional<Warning> network_obstacle();

}  // namespace bench
