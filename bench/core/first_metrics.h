#pragma once

#include "bench/core/metric.h"

namespace bench {

// The metrics of start-up, size and memory. They are declared here and not beside the scenarios because runs
// are stored whose program did not write declarations yet: the reader completes those (docs/decisions). Any
// other scenario declares its metrics in its own file.

/// The condition "startup.TARGET.stop_mode": where an instance did not end in the way that its traits say.
inline constexpr const char* kStopModeNote = "stop_mode";

namespace metric {
inline constexpr const char* kCreate = "startup.create";
inline constexpr const char* kLaunch = "startup.launch";
inline constexpr const char* kFirmware = "startup.firmware";
inline constexpr const char* kKernel = "startup.kernel";
inline constexpr const char* kInit = "startup.init";
inline constexpr const char* kRuntime = "startup.runtime";
inline constexpr const char* kApp = "startup.app";
inline constexpr const char* kReady = "startup.ready";
inline constexpr const char* kCpu = "startup.cpu";
inline constexpr const char* kStop = "startup.stop";
inline constexpr const char* kProbeLoad = "harness.probe_load";
inline constexpr const char* kMarkLag = "harness.mark_lag";

inline constexpr const char* kTransfer = "size.transfer";
inline constexpr const char* kDisk = "size.disk";
inline constexpr const char* kVirtual = "size.virtual";
inline constexpr const char* kUnique = "size.unique";
inline constexpr const char* kOneMoreApp = "size.marginal";
inline constexpr const char* kOneMoreAppAt = "size.marginal_at";
inline constexpr const char* kLayers = "size.layers";
inline constexpr const char* kSlimTransfer = "size.slim.transfer";
inline constexpr const char* kSlimDisk = "size.slim.disk";
inline constexpr const char* kSizePart = "size.part.";    ///< and the category's name
inline constexpr const char* kSizeCheck = "size.check.";  ///< and the quantity, "_", the source

inline constexpr const char* kHostPss = "memory.host_pss";
inline constexpr const char* kHostRss = "memory.host_rss";
inline constexpr const char* kHostUss = "memory.host_uss";
inline constexpr const char* kHostUnbacked = "memory.host_unbacked";
inline constexpr const char* kMemoryPart = "memory.part.";  ///< and the role of the process
inline constexpr const char* kVmmOverhead = "memory.vmm_overhead";
inline constexpr const char* kGuestUsed = "memory.guest_used";
inline constexpr const char* kCgroup = "memory.cgroup";
inline constexpr const char* kCgroupAnon = "memory.cgroup_anon";
inline constexpr const char* kCgroupFile = "memory.cgroup_file";
inline constexpr const char* kCgroupKernel = "memory.cgroup_kernel";
inline constexpr const char* kLoadedPss = "memory.loaded_pss";
inline constexpr const char* kLoadedRss = "memory.loaded_rss";
inline constexpr const char* kLoadedUss = "memory.loaded_uss";
inline constexpr const char* kLoadedCgroup = "memory.loaded_cgroup";
inline constexpr const char* kLoadedGuestUsed = "memory.loaded_guest_used";
inline constexpr const char* kAvailable = "memory.available";
inline constexpr const char* kOneMore = "memory.marginal";
inline constexpr const char* kSettle = "harness.settle";
inline constexpr const char* kSettleLoad = "harness.settle_load";
}  // namespace metric

namespace scenario {
inline constexpr const char* kStartup = "startup";
inline constexpr const char* kSize = "size";
inline constexpr const char* kMemory = "memory";
}  // namespace scenario

const ScenarioSpec& startup_spec();
const ScenarioSpec& size_spec();
const ScenarioSpec& memory_spec();

/// The three above, in the order in which reports have them.
const std::vector<ScenarioSpec>& first_scenarios();

}  // namespace bench
