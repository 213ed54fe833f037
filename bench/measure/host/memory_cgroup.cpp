#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <map>
#include <sstream>

#include "bench/base/error.h"
#include "bench/core/process_role.h"
#include "bench/measure/host/cgroup.h"
#include "bench/measure/host/files.h"
#include "bench/measure/host/memory.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> memory_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> number_in(const fs::path& file) {
  const auto text = read_host_file(file);
  return text ? memory_number(*text) : std::nullopt;
}

/// memory.stat: lines "key bytes".
std::map<std::string, std::int64_t> statistics(const fs::path& cgroup) {
  std::map<std::string, std::int64_t> found;
  std::istringstream in(read_host_file(cgroup / "memory.stat").value_or(""));
  for (std::string line; std::getline(in, line);) {
    const auto fields = host_fields(line);
    if (fields.size() != 2) continue;
    if (const auto value = memory_number(fields[1])) found.emplace(fields[0], *value);
  }
  return found;
}

std::optional<std::int64_t> value(const std::map<std::string, std::int64_t>& statistics,
                                  const std::string& key) {
  const auto found = statistics.find(key);
  return found == statistics.end() ? std::nullopt : std::optional(found->second);
}

std::optional<CgroupMemory> read_v1(const fs::path& cgroup) {
  const auto total = number_in(cgroup / "memory.usage_in_bytes");
  if (!total) return std::nullopt;
  const auto statistics_of = statistics(cgroup);
  return CgroupMemory{*total, value(statistics_of, "total_rss"), value(statistics_of, "total_cache"),
                      number_in(cgroup / "memory.kmem.usage_in_bytes"), 1};
}

std::optional<CgroupMemory> read_v2(const fs::path& cgroup) {
  const auto total = number_in(cgroup / "memory.current");
  if (!total) return std::nullopt;
  const auto statistics_of = statistics(cgroup);
  // "kernel" is there since Linux 5.18; what it holds was listed apart before.
  auto kernel = value(statistics_of, "kernel");
  if (!kernel && statistics_of.contains("slab")) {
    kernel = 0;
    for (const char* part : {"slab", "kernel_stack", "pagetables", "percpu", "sec_pagetables", "vmalloc"}) {
      *kernel += value(statistics_of, part).value_or(0);
    }
  }
  return CgroupMemory{*total, value(statistics_of, "anon"), value(statistics_of, "file"), kernel, 2};
}

/// libvirt puts QEMU into a cgroup below the domain's, by thread kind; the domain's is the one that counts.
fs::path domain_cgroup(fs::path directory) {
  const auto name = [&directory] { return directory.filename().string(); };
  if (name() == "emulator" || name().starts_with("vcpu")) directory = directory.parent_path();
  if (name() == "libvirt") directory = directory.parent_path();
  return directory;
}

std::optional<std::int64_t> meminfo(const std::string& key, const fs::path& sysroot) {
  std::istringstream in(read_host_file(sysroot / "proc/meminfo").value_or(""));
  for (std::string line; std::getline(in, line);) {
    const auto fields = host_fields(line);
    if (fields.size() != 3 || fields[0] != key + ":" || fields[2] != "kB") continue;
    if (const auto kib = memory_number(fields[1])) return *kib * 1024;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CgroupMemory> read_cgroup_memory(const std::vector<HostProcess>& processes,
                                               const fs::path& sysroot) {
  // A cgroup's figures include those below it: the shortest of the paths that one instance's processes are in
  // is the instance's, unless they are in several, which then cannot be one figure.
  std::optional<Cgroup> whole;
  const auto read = [](const Cgroup& cgroup) {
    return cgroup.version == 1 ? read_v1(cgroup.directory) : read_v2(cgroup.directory);
  };
  for (const HostProcess& process : processes) {
    if (process.role != role::kApp && process.role != role::kVmm) continue;
    std::optional<Cgroup> mine;
    for (Cgroup cgroup : instance_cgroups(process.pid, "memory", sysroot)) {
      if (process.role == role::kVmm) cgroup.directory = domain_cgroup(cgroup.directory);
      if (!mine && read(cgroup)) mine = cgroup;
    }
    if (!mine) return std::nullopt;
    if (!whole || cgroup_is_within(whole->directory.string(), mine->directory.string())) {
      whole = mine;
    } else if (!cgroup_is_within(mine->directory.string(), whole->directory.string())) {
      return std::nullopt;
    }
  }
  return whole ? read(*whole) : std::nullopt;
}

std::int64_t available_memory(const fs::path& sysroot) {
  if (const auto bytes = meminfo("MemAvailable", sysroot)) return *bytes;
  throw Error(ErrorCode::kUnavailable, "/proc/meminfo has no MemAvailable",
              "the memory that one more instance costs needs Linux 3.14 or newer");
}

std::int64_t allowed_memory(const fs::path& sysroot) {
  std::int64_t allowed = available_memory(sysroot);
  for (const Cgroup& cgroup : own_cgroups("memory", sysroot)) {
    const bool v1 = cgroup.version == 1;
    const auto limit = number_in(cgroup.directory / (v1 ? "memory.limit_in_bytes" : "memory.max"));
    const auto used = number_in(cgroup.directory / (v1 ? "memory.usage_in_bytes" : "memory.current"));
    if (!limit || !used) continue;  // "max": none
    // Page cache of the cgroup is given back when it is needed, as MemAvailable counts it.
    const auto statistics_of = statistics(cgroup.directory);
    const std::int64_t cache = value(statistics_of, v1 ? "total_inactive_file" : "inactive_file").value_or(0);
    allowed = std::min(allowed, std::max<std::int64_t>(0, *limit - *used + cache));
  }
  return allowed;
}

std::optional<std::int64_t> ksm_saved(const fs::path& sysroot) {
  const auto pages = number_in(sysroot / "sys/kernel/mm/ksm/pages_sharing");
  return pages ? std::optional(*pages * 4096) : std::nullopt;
}

}  // namespace bench
