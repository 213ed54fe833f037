#include "bench/measure/host/memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/core/process_role.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

struct Text {
  std::string bytes;
  int error = 0;  ///< errno, 0: read to its end
};

/// Open, read, close: nothing of the reading stays behind. The errno tells "has ended" from "not permitted",
/// which a stream would not.
Text read_proc(const fs::path& path) {
  Text text;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return {"", errno};
  std::array<char, 64 * 1024> buffer{};
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) text.error = errno;
    if (got <= 0) break;
    text.bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

/// The text; nothing when the process has ended.
std::optional<std::string> read_of_process(pid_t pid, const char* file, const fs::path& sysroot) {
  Text text = read_proc(sysroot / "proc" / std::to_string(pid) / file);
  switch (text.error) {
    case 0:
      return std::move(text.bytes);
    case ENOENT:
    case ESRCH:
      return std::nullopt;
    case EACCES:
    case EPERM:
      throw Error(ErrorCode::kUnavailable,
                  fmt::format("the kernel does not permit reading /proc/{}/{}: {}", pid, file,
                              std::strerror(text.error)),
                  "run bench as root: another user's processes show their memory to root only");
    default:
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot read /proc/{}/{}: {}", pid, file, std::strerror(text.error)));
  }
}

bool exists(pid_t pid, const fs::path& sysroot) {
  std::error_code ignored;
  return fs::exists(sysroot / "proc" / std::to_string(pid) / "smaps", ignored);
}

void add(ProcessMemory& sum, const ProcessMemory& one) {
  sum.pss += one.pss;
  sum.rss += one.rss;
  sum.uss += one.uss;
  sum.huge += one.huge;
  if (sum.pss_unbacked && one.pss_unbacked) {
    *sum.pss_unbacked += *one.pss_unbacked;
  } else {
    sum.pss_unbacked = std::nullopt;
  }
}

}  // namespace

std::optional<ProcessMemory> read_process_memory(pid_t pid, const fs::path& sysroot) {
  if (const auto text = read_of_process(pid, "smaps_rollup", sysroot)) return parse_smaps_rollup(*text);
  if (!exists(pid, sysroot)) return std::nullopt;
  const auto mappings = read_vmm_memory(pid, 0, sysroot);  // a kernel before 4.14 has no roll-up
  return mappings ? std::optional(mappings->process) : std::nullopt;
}

std::optional<VmmMemory> read_vmm_memory(pid_t pid, std::int64_t guest_bytes, const fs::path& sysroot) {
  const auto text = read_of_process(pid, "smaps", sysroot);
  return text ? parse_vmm_smaps(*text, guest_bytes) : std::nullopt;
}

std::optional<InstanceMemory> read_instance_memory(const std::vector<HostProcess>& processes,
                                                   std::int64_t guest_bytes, const fs::path& sysroot) {
  if (processes.empty()) return std::nullopt;
  InstanceMemory memory;
  memory.total.pss_unbacked = 0;
  std::set<pid_t> seen;
  for (const HostProcess& process : processes) {
    if (!seen.insert(process.pid).second) continue;
    if (guest_bytes > 0 && process.role == role::kVmm) {
      const auto vmm = read_vmm_memory(process.pid, guest_bytes, sysroot);
      if (!vmm) return std::nullopt;
      add(memory.total, vmm->process);
      const std::int64_t translations = vmm->translations.value_or(0);
      memory.parts[role::kVmm] += vmm->process.pss - vmm->guest_ram.value_or(0) - translations;
      if (vmm->translations) memory.parts[role::kTranslations] += translations;
      if (vmm->guest_ram) {
        memory.parts[role::kGuestRam] += *vmm->guest_ram;
        memory.vmm_overhead = memory.vmm_overhead.value_or(0) + vmm->process.pss - *vmm->guest_ram;
      }
    } else {
      const auto one = read_process_memory(process.pid, sysroot);
      if (!one) return std::nullopt;
      add(memory.total, *one);
      memory.parts[process.role] += one->pss;
    }
  }
  return memory;
}

}  // namespace bench
