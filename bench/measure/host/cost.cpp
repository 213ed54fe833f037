#include "bench/measure/host/cost.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "bench/core/process_role.h"
#include "bench/measure/host/cgroup.h"
#include "bench/measure/host/files.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

double tick_seconds() {
  return 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double rusage_seconds(int who) {
  struct rusage usage {};
  if (::getrusage(who, &usage) != 0) return 0;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double own_cpu_seconds() {
  return rusage_seconds(RUSAGE_SELF) + rusage_seconds(RUSAGE_CHILDREN);
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> v1_seconds(const fs::path& cgroup) {
  const auto text = read_host_file(cgroup / "cpuacct.usage");
  const auto nanoseconds = text ? parse_u64(*text) : std::nullopt;
  if (!nanoseconds) return std::nullopt;
  return static_cast<double>(*nanoseconds) * 1e-9;
}

std::optional<double> v2_seconds(const fs::path& cgroup) {
  const auto text = read_host_file(cgroup / "cpu.stat");
  if (!text) return std::nullopt;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) {
    const auto fields = host_fields(line);
    if (fields.size() != 2 || fields[0] != "usage_usec") continue;
    const auto microseconds = parse_u64(fields[1]);
    if (!microseconds) return std::nullopt;
    return static_cast<double>(*microseconds) * 1e-6;
  }
  return std::nullopt;
}

}  // namespace

double thread_cpu_seconds() {
  return rusage_seconds(RUSAGE_THREAD);
}

std::optional<double> cgroup_cpu_seconds(pid_t pid, const fs::path& sysroot, fs::path* cgroup) {
  for (const Cgroup& found : instance_cgroups(pid, "cpuacct", sysroot)) {
    const auto seconds = found.version == 1 ? v1_seconds(found.directory) : v2_seconds(found.directory);
    if (!seconds) continue;
    if (cgroup) *cgroup = found.directory;
    return seconds;
  }
  return std::nullopt;
}

CpuMeter::CpuMeter(const std::vector<HostProcess>& engine, bool engine_in_process, fs::path sysroot)
    : sysroot_(std::move(sysroot)), in_process_(engine_in_process) {
  for (const auto& process : engine) engine_.push_back({process.pid, process_stat(process.pid, sysroot_)});
  if (in_process_) own_ = own_cpu_seconds();
}

std::optional<CpuCost> CpuMeter::read(const std::vector<HostProcess>& instance,
                                      double harness_seconds) const {
  if (instance.empty()) return std::nullopt;  // no process, no cost that could be known
  CpuCost cost;
  // The counters that keep growing most are read first, and all close together.
  const double own_now = in_process_ ? own_cpu_seconds() : 0;

  std::uint64_t ticks = 0;
  std::size_t processes = 0;
  std::map<std::string, double> cgroups;
  std::set<pid_t> seen;
  for (const auto& process : instance) {
    if (!seen.insert(process.pid).second) continue;
    if (process.role == role::kApp) {
      fs::path cgroup;
      if (const auto seconds = cgroup_cpu_seconds(process.pid, sysroot_, &cgroup)) {
        cgroups.emplace(cgroup.string(), *seconds);
        continue;
      }
    }
    const auto now = process_stat(process.pid, sysroot_);
    if (!now) return std::nullopt;
    ticks += now->ticks;
    ++processes;
  }
  // A cgroup's counter includes those below it.
  for (const auto& [path, seconds] : cgroups) {
    const bool covered = std::any_of(cgroups.begin(), cgroups.end(), [&path = path](const auto& other) {
      return other.first != path && cgroup_is_within(path, other.first);
    });
    if (!covered) cost.seconds += seconds;
  }

  for (const auto& before : engine_) {
    if (seen.contains(before.pid)) continue;
    const auto now = process_stat(before.pid, sysroot_);
    if (!before.stat || !now || now->start != before.stat->start) return std::nullopt;
    if (now->ticks < before.stat->ticks) return std::nullopt;
    ticks += now->ticks - before.stat->ticks;
    ++processes;
  }
  cost.seconds += static_cast<double>(ticks) * tick_seconds();
  cost.resolution = static_cast<double>(processes) * tick_seconds();
  if (in_process_) {
    cost.seconds += std::max(0.0, own_now - own_ - harness_seconds);
    // getrusage reports microseconds, but a kernel without precise accounting counts ticks.
    cost.resolution += tick_seconds();
  }
  if (cost.resolution == 0) cost.resolution = 1e-6;
  return cost;
}

}  // namespace bench
