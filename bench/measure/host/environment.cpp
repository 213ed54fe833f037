#include "bench/measure/host/environment.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "bench/base/procfs.h"
#include "bench/config.h"
#include "bench/measure/host/files.h"
#include "bench/measure/host/noise.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDiskDepth = 8;  // dm on md on a partition…: deeper than anything real

Fact text_fact(const std::optional<std::string>& value) {
  return value && !value->empty() ? Fact(*value) : Fact();
}

/// "1"/"0" as bool.
Fact flag_fact(const std::optional<std::string>& value) {
  if (value == "1") return true;
  if (value == "0") return false;
  return {};
}

Fact architecture(const fs::path& sysroot) {
  if (const auto text = read_host_file(sysroot / "proc/sys/kernel/arch")) return text_fact(text);
  utsname name{};
  if (sysroot != "/" || ::uname(&name) != 0) return {};
  return std::string(name.machine);
}

Fact cpu_model(const fs::path& sysroot) {
  if (const auto model = cpuinfo("model name", sysroot)) return text_fact(model);
  const auto implementer = cpuinfo("CPU implementer", sysroot);  // arm64 has numbers instead of a name
  const auto part = cpuinfo("CPU part", sysroot);
  if (implementer && part) return fmt::format("implementer {} part {}", *implementer, *part);
  return {};
}

Fact memory_bytes(const fs::path& sysroot) {
  const auto text = read_host_file(sysroot / "proc/meminfo");
  if (!text) return {};
  const auto fields = host_fields(text->substr(0, text->find('\n')));
  if (fields.size() < 2 || fields[0] != "MemTotal:") return {};
  if (fields[1].empty() || fields[1].size() > 15 ||
      fields[1].find_first_not_of("0123456789") != std::string::npos) {
    return {};
  }
  return static_cast<std::int64_t>(std::stoll(fields[1])) * 1024;
}

std::vector<fs::path> sorted_entries(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    entries.push_back(at->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// FNV-1a: not for security, only to see that two hosts differ; the same on every machine.
std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

/// What the kernel says about CPU vulnerabilities: those that are open by name, and a digest of all of it.
Fact mitigations(const fs::path& sysroot) {
  std::string all, vulnerable;
  for (const auto& file : sorted_entries(sysroot / "sys/devices/system/cpu/vulnerabilities")) {
    const auto text = read_host_file(file);
    if (!text) continue;
    const std::string name = file.filename().string();
    all += name + ":" + *text + "\n";
    if (text->starts_with("Vulnerable")) vulnerable += (vulnerable.empty() ? "" : ",") + name;
  }
  if (all.empty()) return {};
  return fmt::format("vulnerable: {}; digest {:016x}", vulnerable.empty() ? "none" : vulnerable, fnv1a(all));
}

/// The governors in use, usually one.
Fact governor(const fs::path& sysroot) {
  std::set<std::string> found;
  for (const auto& policy : sorted_entries(sysroot / "sys/devices/system/cpu/cpufreq")) {
    if (const auto text = read_host_file(policy / "scaling_governor")) found.insert(*text);
  }
  std::string joined;
  for (const auto& name : found) joined += (joined.empty() ? "" : ",") + name;
  return joined.empty() ? Fact() : Fact(joined);
}

Fact turbo(const fs::path& sysroot) {
  const auto off = flag_fact(read_host_file(sysroot / "sys/devices/system/cpu/intel_pstate/no_turbo"));
  if (const bool* value = std::get_if<bool>(&off)) return !*value;
  return flag_fact(read_host_file(sysroot / "sys/devices/system/cpu/cpufreq/boost"));
}

/// The signature that a hypervisor shows to its guest in CPUID leaf 0x40000000.
std::optional<std::string> hypervisor_signature() {
#if defined(__x86_64__) || defined(__i386__)
  unsigned int eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & (1U << 31))) return std::nullopt;
  __cpuid(0x40000000, eax, ebx, ecx, edx);
  std::string signature;
  for (const unsigned int word : {ebx, ecx, edx}) {
    for (int shift = 0; shift < 32; shift += 8) {
      const char c = static_cast<char>((word >> shift) & 0xff);
      if (c >= ' ' && c <= '~') signature += c;
    }
  }
  return signature;
#else
  return std::nullopt;
#endif
}

struct Vendor {
  const char* sign;  ///< part of a DMI string or a CPUID signature
  const char* name;
};
// The clouds come first: under their brand KVM or Xen runs, but the brand is what tells two hosts apart.
constexpr Vendor kVendors[] = {{"Amazon EC2", "amazon"},
                               {"Google Compute Engine", "google"},
                               {"VMware", "vmware"},
                               {"innotek GmbH", "virtualbox"},
                               {"VirtualBox", "virtualbox"},
                               {"VBoxVBoxVBox", "virtualbox"},
                               {"Microsoft", "hyper-v"},
                               {"Xen", "xen"},
                               {"KVM", "kvm"},
                               {"QEMU", "kvm"},
                               {"TCGTCGTCGTCG", "qemu-tcg"},
                               {"bhyve", "bhyve"},
                               {"Parallels", "parallels"},
                               {"prl hyperv", "parallels"},
                               {"Apple Virtualization", "apple"}};

std::optional<std::string> vendor_of(const std::string& text) {
  for (const auto& vendor : kVendors) {
    if (text.find(vendor.sign) != std::string::npos) return vendor.name;
  }
  return std::nullopt;
}

/// "none", a hypervisor's name, or "unknown hypervisor". DMI names hardware vendors too (a Microsoft Surface
/// is no guest), so on x86 it only counts when the CPU says that there is a hypervisor.
Fact virtualisation(const fs::path& sysroot) {
  const auto flags = cpuinfo("flags", sysroot);
  bool hypervisor = false;
  if (flags) {
    const auto list = host_fields(*flags);
    hypervisor = std::find(list.begin(), list.end(), "hypervisor") != list.end();
    if (!hypervisor) return std::string("none");
  }
  std::string dmi;
  for (const char* item : {"product_name", "sys_vendor", "bios_vendor", "board_vendor"}) {
    dmi += read_host_file(sysroot / "sys/class/dmi/id" / item).value_or("") + "\n";
  }
  if (const auto type = read_host_file(sysroot / "sys/hypervisor/type"); type && !type->empty()) {
    return vendor_of(dmi).value_or(*type);
  }
  if (const auto name = vendor_of(dmi)) return *name;
  if (sysroot == "/") {
    if (const auto signature = hypervisor_signature()) {
      if (const auto name = vendor_of(*signature)) return *name;
    }
  }
  return hypervisor ? Fact(std::string("unknown hypervisor")) : Fact();
}

/// "always [madvise] never" -> "madvise".
Fact chosen(const std::optional<std::string>& text) {
  if (!text) return {};
  const auto open = text->find('['), close = text->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return text->substr(open + 1, close - open - 1);
}

Fact ksm(const fs::path& sysroot) {
  const auto run = read_host_file(sysroot / "sys/kernel/mm/ksm/run");
  if (!run) return {};
  return *run == "1";  // 2 is "stopped, and unmerged"
}

/// The mount that holds `path`: of those whose mount point is a prefix, the longest, and the last of equals.
std::optional<MountEntry> mount_of(const fs::path& path, const fs::path& sysroot) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error) return std::nullopt;
  const std::string whole = real.string();
  std::optional<MountEntry> best;
  for (MountEntry& mount : read_mounts(sysroot)) {
    const bool inside = mount.point == "/" || whole == mount.point || whole.starts_with(mount.point + "/");
    if (inside && (!best || mount.point.size() >= best->point.size())) best = std::move(mount);
  }
  return best;
}

/// The kind of the disk behind a block device of sysfs: through partitions, dm and md down to hardware.
std::optional<std::string> disk_kind_at(fs::path block, int depth) {
  std::error_code error;
  if (depth > kMaxDiskDepth) return std::nullopt;
  block = fs::canonical(block, error);
  if (error) return std::nullopt;
  if (fs::exists(block / "partition", error)) block = block.parent_path();
  const auto below = sorted_entries(block / "slaves");
  if (!below.empty()) return disk_kind_at(below.front(), depth + 1);
  const std::string name = block.filename().string();
  if (name.starts_with("nvme")) return "nvme";
  if (name.starts_with("vd") || name.starts_with("xvd")) return "virtual";  // "rotational" is made up there
  if (name.starts_with("ram") || name.starts_with("zram")) return "memory";
  const auto rotational = read_host_file(block / "queue/rotational");
  if (rotational == "1") return "hdd";
  if (rotational == "0") return "ssd";
  return std::nullopt;
}

Fact disk_kind(const MountEntry& mount, const fs::path& sysroot) {
  for (const char* network : {"nfs", "nfs4", "cifs", "9p", "virtiofs", "fuse.sshfs", "ceph"}) {
    if (mount.type == network) return std::string("network");
  }
  if (mount.type == "tmpfs" || mount.type == "ramfs") return std::string("memory");
  if (auto kind = disk_kind_at(sysroot / "sys/dev/block" / mount.device, 0)) return *kind;
  // btrfs and the like mount under a device number that no disk has; the source still names one.
  if (mount.source.starts_with("/dev/")) {
    const fs::path block = sysroot / "sys/class/block" / fs::path(mount.source).filename();
    if (auto kind = disk_kind_at(block, 0)) return *kind;
  }
  return {};
}

}  // namespace

Facts read_fingerprint(const fs::path& image_store, const fs::path& sysroot) {
  const fs::path cpu = sysroot / "sys/devices/system/cpu";
  const auto cores = online_cpus(sysroot);
  const auto mount = mount_of(image_store, sysroot);
  return {
      {"arch", architecture(sysroot)},
      {"cpu_model", cpu_model(sysroot)},
      {"cores", cores ? Fact(*cores) : Fact()},
      {"smt", flag_fact(read_host_file(cpu / "smt/active"))},
      {"memory_bytes", memory_bytes(sysroot)},
      {"kernel", text_fact(read_host_file(sysroot / "proc/sys/kernel/osrelease"))},
      {"mitigations", mitigations(sysroot)},
      {"governor", governor(sysroot)},
      {"turbo", turbo(sysroot)},
      {"virtualisation", virtualisation(sysroot)},
      {"thp", chosen(read_host_file(sysroot / "sys/kernel/mm/transparent_hugepage/enabled"))},
      {"ksm", ksm(sysroot)},
      {"image_store_fs", mount ? text_fact(mount->type) : Fact()},
      {"disk_kind", mount ? disk_kind(*mount, sysroot) : Fact()},
      {"suite_version", std::string(BENCH_VERSION)},
  };
}

Environment read_environment(const fs::path& image_store, const fs::path& sysroot) {
  Environment environment;
  environment.fingerprint = read_fingerprint(image_store, sysroot);
  const HostNoise noise = read_host_noise(image_store, sysroot);
  environment.volatile_ = noise_facts(noise);
  environment.warnings = noise_warnings(noise, environment.fingerprint);
  return environment;
}

}  // namespace bench
