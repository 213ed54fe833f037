#include "bench/measure/host/noise.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <sstream>
#include <system_error>
#include <thread>

#include "bench/base/procfs.h"
#include "bench/measure/host/files.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

constexpr std::int64_t kMiB = 1024 * 1024;
constexpr double kBusyLoadPerCore = 0.5;
constexpr double kStealLimit = 0.02;
constexpr std::int64_t kMemoryNeeded = 2048 * kMiB;  // one guest with its VMM, the engines and the page cache
constexpr std::int64_t kDiskNeeded = 2048 * kMiB;    // overlays of the trials and a run's files

std::optional<double> parse_double(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> pressure(const fs::path& file) {  // "some avg10=0.31 avg60=…"
  const auto text = read_host_file(file);
  if (!text || !text->starts_with("some ")) return std::nullopt;
  for (const auto& field : host_fields(text->substr(0, text->find('\n')))) {
    if (field.starts_with("avg10=")) return parse_double(field.substr(6));
  }
  return std::nullopt;
}

struct CpuTimes {
  double all = 0, steal = 0;
};

std::optional<CpuTimes> cpu_times(const fs::path& sysroot) {
  const auto text = read_host_file(sysroot / "proc/stat");
  if (!text) return std::nullopt;
  const auto fields = host_fields(text->substr(0, text->find('\n')));
  // cpu user nice system idle iowait irq softirq steal [guest guest_nice]; guest time is in user already.
  if (fields.size() < 9 || fields[0] != "cpu") return std::nullopt;
  CpuTimes times;
  for (std::size_t i = 1; i <= 8; ++i) {
    const auto value = parse_double(fields[i]);
    if (!value) return std::nullopt;
    times.all += *value;
    if (i == 8) times.steal = *value;
  }
  return times;
}

std::optional<double> steal_share(const fs::path& sysroot, Seconds window) {
  const auto before = cpu_times(sysroot);
  if (!before) return std::nullopt;
  std::this_thread::sleep_for(window);
  const auto after = cpu_times(sysroot);
  if (!after || after->all <= before->all) return std::nullopt;
  return std::max(0.0, after->steal - before->steal) / (after->all - before->all);
}

std::optional<double> mean_mhz(const fs::path& sysroot) {
  double sum = 0;
  int count = 0;
  const auto text = read_host_file(sysroot / "proc/cpuinfo");
  if (!text) return std::nullopt;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("cpu MHz")) continue;
    const auto colon = line.find(": ");
    const auto mhz = colon == std::string::npos ? std::nullopt : parse_double(line.substr(colon + 2));
    if (mhz) {
      sum += *mhz;
      ++count;
    }
  }
  return count ? std::optional<double>(sum / count) : std::nullopt;
}

void read_memory(const fs::path& sysroot, HostNoise& noise) {
  const auto text = read_host_file(sysroot / "proc/meminfo");
  if (!text) return;
  std::optional<std::int64_t> swap_total, swap_free;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) {
    const auto fields = host_fields(line);
    const auto value = fields.size() >= 2 ? parse_double(fields[1]) : std::nullopt;
    if (!value) continue;
    const auto bytes = static_cast<std::int64_t>(*value) * 1024;
    if (fields[0] == "MemAvailable:") noise.memory_available_bytes = bytes;
    if (fields[0] == "SwapTotal:") swap_total = bytes;
    if (fields[0] == "SwapFree:") swap_free = bytes;
  }
  if (swap_total && swap_free) noise.swap_used_bytes = *swap_total - *swap_free;
}

bool is_vmm(const std::string& program) {
  for (const char* name : {"qemu-system-", "qemu-kvm", "kvm", "firecracker", "cloud-hypervisor", "crosvm",
                           "VBoxHeadless", "VirtualBoxVM", "vmware-vmx"}) {
    const std::string vmm = name;
    if (program == vmm || (vmm.back() == '-' && program.starts_with(vmm))) return true;
  }
  return false;
}

void read_other_guests(const fs::path& sysroot, HostNoise& noise) {
  const auto processes = all_processes(sysroot);
  if (!processes) return;
  noise.other_guests_known = true;
  for (const pid_t pid : *processes) {
    const std::vector<std::string> words = command_line(pid, sysroot);
    if (words.empty()) continue;
    const std::string program = fs::path(words.front()).filename().string();
    if (!is_vmm(program)) continue;
    // libvirt names the domain in "-name guest=…"; ours all begin with "bench-". QEMU started only to be
    // asked for its features ("-machine none") is no guest.
    const auto ours = [](const std::string& word) { return word.find("guest=bench-") != std::string::npos; };
    if (std::any_of(words.begin(), words.end(), ours)) continue;
    const auto machine = std::find(words.begin(), words.end(), "-machine");
    if (machine != words.end() && machine + 1 != words.end() && machine[1].starts_with("none")) continue;
    noise.other_guests.push_back(fmt::format("{} (pid {})", program, pid));
  }
}

std::optional<std::int64_t> free_bytes(const fs::path& path) {
  std::error_code error;
  const auto space = fs::space(path, error);
  if (error) return std::nullopt;
  return static_cast<std::int64_t>(space.available);
}

template <typename T>
Fact fact(const std::optional<T>& value) {
  return value ? Fact(*value) : Fact();
}

template <typename T>
std::optional<T> known(const Facts& facts, const std::string& key) {
  const auto found = facts.find(key);
  if (found == facts.end() || !std::holds_alternative<T>(found->second)) return std::nullopt;
  return std::get<T>(found->second);
}

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace

HostNoise read_host_noise(const fs::path& image_store, const fs::path& sysroot, Seconds steal_window) {
  HostNoise noise;
  if (const auto text = read_host_file(sysroot / "proc/loadavg")) {
    const auto fields = host_fields(*text);
    if (fields.size() >= 3) {
      noise.load1 = parse_double(fields[0]);
      noise.load5 = parse_double(fields[1]);
      noise.load15 = parse_double(fields[2]);
    }
  }
  noise.psi_cpu = pressure(sysroot / "proc/pressure/cpu");
  noise.psi_io = pressure(sysroot / "proc/pressure/io");
  noise.psi_memory = pressure(sysroot / "proc/pressure/memory");
  noise.steal = steal_share(sysroot, steal_window);
  noise.mhz = mean_mhz(sysroot);
  read_memory(sysroot, noise);
  noise.store_free_bytes = free_bytes(image_store);
  read_other_guests(sysroot, noise);
  return noise;
}

Facts noise_facts(const HostNoise& noise) {
  return {
      {"load1", fact(noise.load1)},
      {"load5", fact(noise.load5)},
      {"load15", fact(noise.load15)},
      {"psi_cpu_some_avg10", fact(noise.psi_cpu)},
      {"psi_io_some_avg10", fact(noise.psi_io)},
      {"psi_memory_some_avg10", fact(noise.psi_memory)},
      {"steal", fact(noise.steal)},
      {"mhz", fact(noise.mhz)},
      {"memory_available_bytes", fact(noise.memory_available_bytes)},
      {"swap_used_bytes", fact(noise.swap_used_bytes)},
      {"image_store_free_bytes", fact(noise.store_free_bytes)},
      {"other_guests",
       noise.other_guests_known ? Fact(static_cast<std::int64_t>(noise.other_guests.size())) : Fact()},
      {"time", now_utc()},
  };
}

std::vector<Warning> noise_warnings(const HostNoise& noise, const Facts& fingerprint) {
  std::vector<Warning> warnings;
  const auto cores = known<std::int64_t>(fingerprint, "cores");
  if (noise.load1 && cores && *noise.load1 > kBusyLoadPerCore * static_cast<double>(*cores)) {
    warnings.push_back({fmt::format("the host is busy: load {:.2f} on {} CPU{}", *noise.load1, *cores,
                                    *cores == 1 ? "" : "s"),
                        "stop other work, or wait a few minutes after a build, and measure again"});
  }
  if (noise.steal && *noise.steal > kStealLimit) {
    warnings.push_back(
        {fmt::format("the hypervisor takes {:.0f} % of the CPU time away (steal)", *noise.steal * 100),
         "measure on dedicated hardware or an instance type without shared CPUs"});
  }
  if (const auto governor = known<std::string>(fingerprint, "governor");
      governor && *governor != "performance") {
    warnings.push_back(
        {fmt::format("the CPU frequency governor is \"{}\": clock speed follows the load", *governor),
         "as root: cpupower frequency-set -g performance (and set it back afterwards)"});
  }
  if (noise.swap_used_bytes && *noise.swap_used_bytes > 0) {
    warnings.push_back({fmt::format("swap is in use: {} MiB", (*noise.swap_used_bytes + kMiB - 1) / kMiB),
                        "free memory, then as root: swapoff -a && swapon -a"});
  }
  if (known<bool>(fingerprint, "ksm") == true) {
    warnings.push_back({"KSM merges equal memory pages: memory figures depend on what else runs",
                        "as root: echo 0 > /sys/kernel/mm/ksm/run (and stop ksmtuned) while measuring"});
  }
  if (!noise.other_guests.empty()) {
    const std::size_t count = noise.other_guests.size();
    warnings.push_back(
        {fmt::format("{} other virtual machine{} on this host: {}{}", count, count == 1 ? " runs" : "s run",
                     noise.other_guests.front(), count == 1 ? "" : ", …"),
         "stop them while measuring (virsh list)"});
  }
  if (noise.memory_available_bytes && *noise.memory_available_bytes < kMemoryNeeded) {
    warnings.push_back({fmt::format("little memory is free: {} MiB", *noise.memory_available_bytes / kMiB),
                        "close programs, or give the targets less with --memory"});
  }
  if (noise.store_free_bytes && *noise.store_free_bytes < kDiskNeeded) {
    warnings.push_back(
        {fmt::format("little disk space is left for images: {} MiB", *noise.store_free_bytes / kMiB),
         "make room, or point BENCH_CACHE_DIR at a larger file system"});
  }
  return warnings;
}

std::optional<std::int64_t> online_cpus(const fs::path& sysroot) {
  const auto text = read_host_file(sysroot / "sys/devices/system/cpu/online");
  if (!text || text->empty()) return std::nullopt;
  std::int64_t count = 0;
  std::istringstream in(*text);
  for (std::string range; std::getline(in, range, ',');) {
    const auto dash = range.find('-');
    const auto first = parse_double(range.substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_double(range.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    count += static_cast<std::int64_t>(*last - *first) + 1;
  }
  return count;
}

}  // namespace bench
