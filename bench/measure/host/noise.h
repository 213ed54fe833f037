#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/base/clock.h"
#include "bench/core/run.h"

namespace bench {

/// What disturbs a measurement on this host right now. Absent is unknown. Stored with a run, never compared.
struct HostNoise {
  std::optional<double> load1, load5, load15;
  std::optional<double> psi_cpu, psi_io, psi_memory;  ///< percent of the last 10 s in which something waited
  std::optional<double> steal;  ///< share of CPU time that the hypervisor gave to others, 0…1
  std::optional<double> mhz;    ///< mean over the CPUs
  std::optional<std::int64_t> memory_available_bytes, swap_used_bytes;
  std::optional<std::int64_t> store_free_bytes;  ///< on the file system of the image store
  std::vector<std::string>
      other_guests;  ///< "qemu-system-x86_64 (pid 17)": virtual machines that are not ours
  bool other_guests_known = false;
};

/// Reads them once, within `steal_window` (two readings of /proc/stat).
HostNoise read_host_noise(const std::filesystem::path& image_store,
                          const std::filesystem::path& sysroot = "/", Seconds steal_window = Seconds(0.08));

/// The facts of the "volatile" object, all keys always there.
Facts noise_facts(const HostNoise& noise);

/// What may make numbers from this host untrustworthy, each with what to do about it. `fingerprint` gives
/// cores, governor and ksm.
std::vector<Warning> noise_warnings(const HostNoise& noise, const Facts& fingerprint);

/// Number of CPUs that are online ("0-3,8" in sysfs); nothing when it cannot be known.
std::optional<std::int64_t> online_cpus(const std::filesystem::path& sysroot = "/");

}  // namespace bench
