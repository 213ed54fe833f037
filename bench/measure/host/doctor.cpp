#include "bench/measure/host/doctor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <system_error>

#include "bench/base/subprocess.h"
#include "bench/measure/host/environment.h"
#include "bench/measure/host/noise.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
constexpr double kCacheNeededGiB = 3;
constexpr double kMemoryNeededGiB = 2;

struct Program {
  const char* name;
  const char* package;  ///< of Debian and Ubuntu; elsewhere the program's own name helps
  const char* purpose;
};

constexpr Program kImagePrograms[] = {
    {"mmdebstrap", "mmdebstrap", "makes the root file system of both sides"},
    {"mke2fs", "e2fsprogs", "makes the VM's file system"},
    {"qemu-img", "qemu-utils", "makes the VM's disk and its overlays"},
    {"sfdisk", "fdisk", "partitions the disk of libvirt:full"},
    {"mcopy", "mtools", "makes the boot partition of libvirt:full"},
    {"cpio", "cpio", "packs the initramfs of libvirt:direct"},
};

std::string percent(double share) {
  return fmt::format("{:.1f} %", share * 100);
}

template <typename T>
const T* known_fact(const Facts& facts, const char* key) {
  const auto found = facts.find(key);
  return found == facts.end() ? nullptr : std::get_if<T>(&found->second);
}

void image_rows(const DoctorHost& host, std::vector<DoctorRow>& rows) {
  const auto have = [&](const char* name) {
    return host.have_program ? host.have_program(name) : have_program(name);
  };
  for (const auto& program : kImagePrograms) {
    const bool found = have(program.name);
    rows.push_back({"images", program.name, found ? DoctorStatus::kOk : DoctorStatus::kMissing,
                    program.purpose,
                    found ? ""
                          : fmt::format("install {} (Debian, Ubuntu: apt-get install {})", program.name,
                                        program.package)});
  }
}

void space_rows(const fs::path& cache_dir, const HostNoise& noise, std::vector<DoctorRow>& rows) {
  if (!noise.store_free_bytes) {
    rows.push_back({"host", "disk space", DoctorStatus::kWarn,
                    fmt::format("free space of {} is unknown", cache_dir.string()),
                    "see that the directory exists and can be read"});
  } else {
    const double free = static_cast<double>(*noise.store_free_bytes) / kGiB;
    const bool enough = free >= kCacheNeededGiB;
    rows.push_back({"host", "disk space", enough ? DoctorStatus::kOk : DoctorStatus::kWarn,
                    fmt::format("{:.1f} GiB free in {}, {:.0f} GiB needed for all images", free,
                                cache_dir.string(), kCacheNeededGiB),
                    enough ? "" : "make room, or point BENCH_CACHE_DIR at a larger file system"});
  }
  if (!noise.memory_available_bytes) {
    rows.push_back({"host", "memory", DoctorStatus::kInfo, "free memory is unknown", ""});
  } else {
    const double free = static_cast<double>(*noise.memory_available_bytes) / kGiB;
    const bool enough = free >= kMemoryNeededGiB;
    rows.push_back({"host", "memory", enough ? DoctorStatus::kOk : DoctorStatus::kWarn,
                    fmt::format("{:.1f} GiB available", free),
                    enough ? "" : "close programs, or give the targets less with --memory"});
  }
}

void quiet_rows(const HostNoise& noise, const Facts& fingerprint, std::vector<DoctorRow>& rows) {
  // The warnings are the judgement; a row of its own says "ok" for each that did not come up.
  const auto warnings = noise_warnings(noise, fingerprint);
  const auto row = [&](const char* item, const char* sign, const std::string& detail) {
    const auto warning = std::find_if(warnings.begin(), warnings.end(), [&](const Warning& w) {
      return w.text.find(sign) != std::string::npos;
    });
    if (warning != warnings.end()) {
      rows.push_back({"host", item, DoctorStatus::kWarn, warning->text, warning->remedy});
    } else {
      rows.push_back({"host", item, detail.empty() ? DoctorStatus::kInfo : DoctorStatus::kOk,
                      detail.empty() ? "unknown here" : detail, ""});
    }
  };
  const auto* cores = known_fact<std::int64_t>(fingerprint, "cores");
  row("load", "load ", noise.load1 && cores ? fmt::format("{:.2f} on {} CPUs", *noise.load1, *cores) : "");
  row("steal", "(steal)", noise.steal ? percent(*noise.steal) : "");
  const auto* governor = known_fact<std::string>(fingerprint, "governor");
  row("governor", "governor", governor ? *governor : "");
  row("swap", "swap is", noise.swap_used_bytes ? "not in use" : "");
  const auto* ksm = known_fact<bool>(fingerprint, "ksm");
  row("ksm", "KSM", ksm ? "off" : "");
  row("other guests", "other virtual machine", noise.other_guests_known ? "none" : "");
}

void kvm_row(const DoctorHost& host, const Facts& fingerprint, std::vector<DoctorRow>& rows) {
  const fs::path device = host.sysroot / "dev/kvm";
  std::error_code error;
  if (!fs::exists(device, error)) {
    const auto* layer = known_fact<std::string>(fingerprint, "virtualisation");
    const bool guest = layer && *layer != "none";
    rows.push_back({"host", "kvm device", DoctorStatus::kInfo,
                    "/dev/kvm does not exist: guests are emulated (TCG)",
                    guest ? "use a machine whose hypervisor allows nested virtualisation"
                          : "switch virtualisation on in the firmware set-up and load kvm_intel or kvm_amd"});
  } else if (::access(device.c_str(), R_OK | W_OK) != 0) {
    rows.push_back({"host", "kvm device", DoctorStatus::kWarn,
                    "/dev/kvm is there, but this user may not open it",
                    "as root: adduser USER kvm, then log in again"});
  } else {
    rows.push_back({"host", "kvm device", DoctorStatus::kInfo,
                    "/dev/kvm is there; only a booted guest proves that it works", ""});
  }
}

void privilege_row(std::vector<DoctorRow>& rows) {
  if (::geteuid() == 0) {
    rows.push_back({"host", "privileges", DoctorStatus::kOk, "root: private engines can be started", ""});
    return;
  }
  std::vector<gid_t> groups(256);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  const struct group* docker = ::getgrnam("docker");
  if (docker && std::find(groups.begin(), groups.end(), docker->gr_gid) != groups.end()) {
    rows.push_back({"host", "privileges", DoctorStatus::kOk,
                    "not root, but in the group docker: a running daemon can be used", ""});
  } else {
    rows.push_back(
        {"host", "privileges", DoctorStatus::kWarn, "not root and not in the group docker",
         "run as root (a private Docker daemon is then started if none answers), or join the group"});
  }
}

}  // namespace

std::vector<DoctorRow> host_rows(const fs::path& cache_dir, const DoctorHost& host) {
  std::vector<DoctorRow> rows;
  const Facts fingerprint = read_fingerprint(cache_dir, host.sysroot);
  const HostNoise noise = read_host_noise(cache_dir, host.sysroot);
  image_rows(host, rows);
  space_rows(cache_dir, noise, rows);
  quiet_rows(noise, fingerprint, rows);
  kvm_row(host, fingerprint, rows);
  privilege_row(rows);
  return rows;
}

}  // namespace bench
