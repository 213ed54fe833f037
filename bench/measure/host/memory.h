#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/driver.h"

namespace bench {

/// What one process holds of the host's memory, in bytes, as /proc/PID/smaps_rollup has it.
struct ProcessMemory {
  std::int64_t pss = 0;  ///< proportional: a page that n processes map counts 1/n for each of them
  std::int64_t rss = 0;  ///< resident: every mapped page in full, shared or not
  std::int64_t uss = 0;  ///< unique: pages that nobody else maps; what its end would give back
  /// The part of `pss` that no file backs, so that it cannot be dropped and read again. Unknown before Linux
  /// 5.4.
  std::optional<std::int64_t> pss_unbacked;
  std::int64_t huge = 0;  ///< anonymous memory in transparent huge pages
  bool operator==(const ProcessMemory&) const = default;
};

/// Of the process that runs a VM: which of its mappings are the guest's RAM, and which hold the code that an
/// emulator has translated. Both are parts of `process.pss`.
struct VmmMemory {
  ProcessMemory process;
  std::optional<std::int64_t> guest_ram;     ///< PSS; nothing when no mapping has the guest's size
  std::optional<std::int64_t> translations;  ///< PSS of writable and executable anonymous memory (TCG)
  bool operator==(const VmmMemory&) const = default;
};

/// The text of smaps_rollup; nothing when it is torn or not such a text, as of a process that has just ended.
std::optional<ProcessMemory> parse_smaps_rollup(std::string_view text);

/// The text of /proc/PID/smaps, the whole of it added up and its mappings told apart. The guest's RAM is the
/// anonymous (or memfd or shared) memory that is as large as the guest's, to the byte.
std::optional<VmmMemory> parse_vmm_smaps(std::string_view text, std::int64_t guest_bytes);

/// Reads one process. Nothing when it has ended, also when it did so half-way. Throws kUnavailable with a
/// remedy when the kernel does not permit it.
std::optional<ProcessMemory> read_process_memory(pid_t pid, const std::filesystem::path& sysroot = "/");
std::optional<VmmMemory> read_vmm_memory(pid_t pid, std::int64_t guest_bytes,
                                         const std::filesystem::path& sysroot = "/");

/// All processes of an instance together.
struct InstanceMemory {
  ProcessMemory total;
  /// PSS by role; of the VMM without the guest's RAM and without translated code, which are roles of their
  /// own. They add up to total.pss.
  std::map<std::string, std::int64_t> parts;
  std::optional<std::int64_t> vmm_overhead;  ///< PSS of the VMM without the guest's RAM (VM)
};

/// Nothing when the sum cannot be known: no process, or one of them has ended meanwhile. Never a part of the
/// sum. Throws as read_process_memory. `guest_bytes`: the RAM that the guest was given; 0: no VM.
std::optional<InstanceMemory> read_instance_memory(const std::vector<HostProcess>& processes,
                                                   std::int64_t guest_bytes,
                                                   const std::filesystem::path& sysroot = "/");

/// What the kernel charges to the instance's cgroup, in bytes. The split does not have to add up to the
/// total: v1 counts swap-backed shared memory as cache, and the kernel's share is not known everywhere.
struct CgroupMemory {
  std::int64_t total = 0;
  std::optional<std::int64_t> anonymous, file, kernel;
  int version = 2;
  bool operator==(const CgroupMemory&) const = default;
};

/// Of the cgroup that the app's processes, or the VMM, are in: v1, v2 or a hybrid of both. Nothing when they
/// have none of their own (an engine without cgroups, or the harness's own) or it cannot be read.
std::optional<CgroupMemory> read_cgroup_memory(const std::vector<HostProcess>& processes,
                                               const std::filesystem::path& sysroot = "/");

/// The kernel's estimate of what could still be allocated without swapping (MemAvailable). Throws
/// kUnavailable where /proc/meminfo does not say it.
std::int64_t available_memory(const std::filesystem::path& sysroot = "/");

/// What new processes of the harness may still take: available_memory(), and no more than what is left of the
/// limits of the cgroups that the harness is in.
std::int64_t allowed_memory(const std::filesystem::path& sysroot = "/");

/// Pages that KSM has merged into others on the whole host, in bytes. Nothing without KSM.
std::optional<std::int64_t> ksm_saved(const std::filesystem::path& sysroot = "/");

}  // namespace bench
