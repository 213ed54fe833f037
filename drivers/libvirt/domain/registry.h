#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/base/clock.h"
#include "drivers/driver.h"

namespace bench {

/// The files of one VM instance. All are named after it, so that a later process finds them.
struct InstanceFiles {
  std::filesystem::path record;         ///< the domain's XML with our label; written first, removed last
  std::filesystem::path disk;           ///< qcow2 overlay over the prepared image
  std::filesystem::path firmware_vars;  ///< this guest's UEFI variables
  std::filesystem::path variables;      ///< those of the app, for the guest's init; only its owner reads it
};

/// Where overlays live: below the state directory, unless that is a tmpfs. A container's writable layer is on
/// a disk too, and a disk in memory would be counted as memory.
std::filesystem::path overlay_dir();

/// Paths only; nothing is made. Throws Error{kUsage} for a name that is not "bench-[a-z0-9-]*".
InstanceFiles instance_files(const std::string& name);

/// The instances that have a record in a state directory of this user, whoever made them, running or not.
std::vector<OwnedInstance> recorded_instances();

/// The process that a guest's name says it belongs to: bench-PID-N, bench-proof-PID-START, bench-trial-PID.
std::optional<pid_t> owner_in_name(const std::string& name);

/// Guests that run although the bench in their name is dead, and that we may end: found without a record, so
/// also those that another user, or a run with another state directory, has left.
std::vector<OwnedInstance> orphaned_guests();

/// Removes overlay, variables and record. Idempotent.
void remove_instance_files(const std::string& name);

/// QEMU processes of the guest `name`, seen in /proc: what remains when libvirt has forgotten the domain.
/// Only processes that were started by a libvirt with our name for the guest are taken.
std::vector<pid_t> find_guest_processes(const std::string& name);

/// SIGKILLs the processes of the guest and waits until they are gone. False when one survived.
bool kill_guest_processes(const std::string& name, Seconds limit);

}  // namespace bench
