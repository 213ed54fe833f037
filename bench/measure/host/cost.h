#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/base/procfs.h"
#include "drivers/driver.h"

namespace bench {

/// CPU time that the host spent, in seconds, and how finely it could be seen.
struct CpuCost {
  double seconds = 0;
  double resolution = 0;  ///< the kernel's tick, once for every process that was read from /proc
};

/// CPU time of the calling thread so far, in seconds. Taken before and after the wait for ready, the
/// difference is what the probe cost, which is the harness's and not the engine's.
double thread_cpu_seconds();

/// The CPU seconds that one start costs the host, from the construction of the meter (t0) to read():
/// - the instance's processes in full, since they were born in the window: of those with the role "app" the
///   cgroup's counter where it can be read (v1, v2 and hybrid; it also holds processes that came and went),
///   of shims, proxies and VMMs /proc/PID/stat;
/// - the engine's long-lived processes: what they, and the children that they reaped, used in the window;
/// - this very process, where the engine works inside it: its own and its reaped children's time.
class CpuMeter {
 public:
  explicit CpuMeter(const std::vector<HostProcess>& engine, bool engine_in_process = false,
                    std::filesystem::path sysroot = "/");

  /// `harness_seconds`: CPU time of this process in the window that was not the engine's (the probe's);
  /// subtracted only where the engine works in this process. Nothing when the sum cannot be known: a process
  /// has vanished, or the engine was restarted. Never a part of the sum.
  [[nodiscard]] std::optional<CpuCost> read(const std::vector<HostProcess>& instance,
                                            double harness_seconds = 0) const;

 private:
  struct Baseline {
    pid_t pid = 0;
    std::optional<ProcessStat> stat;
  };
  std::filesystem::path sysroot_;
  std::vector<Baseline> engine_;
  bool in_process_ = false;
  double own_ = 0;
};

/// The cgroup counter's value in seconds for the cgroup of `pid`, unless that cgroup also holds the harness
/// itself (then it says nothing about the instance). `cgroup` receives its directory. Nothing when
/// unreadable.
std::optional<double> cgroup_cpu_seconds(pid_t pid, const std::filesystem::path& sysroot,
                                         std::filesystem::path* cgroup = nullptr);

}  // namespace bench
