#include <fcntl.h>
#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"
#include "bench/base/subprocess.h"
#include "drivers/finding.h"
#include "drivers/libvirt/accel.h"
#include "drivers/libvirt/connection.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostRemembered = 16;

std::string kvm_device() {
  const Fd fd(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (fd.open()) return "opens";
  return errno == ENOENT ? "missing" : "refused";
}

std::string qemu_version() {
  try {
    const std::string text = check_command({"qemu-system-x86_64", "--version"});
    return text.substr(0, text.find('\n'));
  } catch (const Error&) {
    return "unknown";
  }
}

fs::path verdict_file() {
  return persistent_file("acceleration.json", cache_dir());
}

/// What the module of the kernel is, where it says: a hypervisor that was updated without a new kernel.
std::string kvm_module() {
  std::string text;
  for (const char* module : {"kvm", "kvm_intel", "kvm_amd"}) {
    for (const char* what : {"srcversion", "version"}) {
      std::string value = file_text(fs::path("/sys/module") / module / what);
      value.resize(std::min(value.find('\n'), value.size()));
      if (!value.empty()) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", module, value);
        break;
      }
    }
  }
  return text.empty() ? "none" : text;
}

std::string libvirt_version() {
  const unsigned long version = libvirt_version_number();
  return version > 0 ? std::to_string(version) : "unknown";
}

nlohmann::json load_verdicts() {
  std::ifstream in(verdict_file());
  const auto json = nlohmann::json::parse(in, nullptr, false);
  if (json.is_object() && json.contains("verdicts") && json["verdicts"].is_array()) {
    return json["verdicts"];
  }
  return nlohmann::json::array();
}

/// What stands there of this machine and has not expired; an empty object where nothing does.
nlohmann::json entry_of(const MachineKey& key) {
  for (const auto& entry : load_verdicts()) {
    if (entry.is_object() && entry.value("machine", nlohmann::json()) == nlohmann::json(key) &&
        finding_age(entry)) {
      return entry;
    }
  }
  return nlohmann::json::object();
}

bool may_pass(const nlohmann::json& entry) {
  const auto found = entry.find("may_pass");
  return found != entry.end() && *found == nlohmann::json(true);
}

std::optional<GuestAcceleration> acceleration_in(const nlohmann::json& entry) {
  try {
    if (entry.empty()) return std::nullopt;
    const auto acceleration = from_text<Acceleration>(entry.at("acceleration").get<std::string>());
    if (!acceleration) return std::nullopt;
    const auto& cpu = entry.at("cpu");
    return GuestAcceleration{{*acceleration, entry.at("proven"), entry.at("how"), entry.at("remedy")},
                             {cpu.at("mode"), cpu.at("model"), cpu.at("disabled")}};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // an entry of another version: find out again
  }
}

}  // namespace

bool inside_a_vm() {
  return (" " + cpuinfo("flags").value_or("") + " ").find(" hypervisor ") != std::string::npos;
}

MachineKey machine_key() {
  utsname name{};
  ::uname(&name);
  return {{"kernel", name.release},
          {"cpu", cpuinfo("model name").value_or("unknown")},
          {"microcode", cpuinfo("microcode").value_or("unknown")},
          {"qemu", qemu_version()},
          {"kvm", kvm_device()},
          {"user", ::geteuid() == 0 ? "root" : "user"},
          {"libvirt", libvirt_version()},
          {"module", kvm_module()}};
}

std::optional<GuestAcceleration> remembered_acceleration(const MachineKey& key) {
  const nlohmann::json entry = entry_of(key);
  return may_pass(entry) ? std::nullopt : acceleration_in(entry);
}

std::optional<GuestAcceleration> last_acceleration(const MachineKey& key) {
  return acceleration_in(entry_of(key));
}

void remember_acceleration(const MachineKey& key, const GuestAcceleration& found, Finding finding) {
  auto verdicts = nlohmann::json::array();
  verdicts.push_back(
      {{"machine", key},
       {"found_at", finding_time()},
       {"may_pass", finding == Finding::kMayPass},
       {"acceleration", to_text(found.verdict.acceleration)},
       {"proven", found.verdict.proven},
       {"how", found.verdict.how},
       {"remedy", found.verdict.remedy},
       {"cpu", {{"mode", found.cpu.mode}, {"model", found.cpu.model}, {"disabled", found.cpu.disabled}}}});
  for (const auto& entry : load_verdicts()) {
    if (verdicts.size() < kMostRemembered && entry.is_object() &&
        entry.value("machine", nlohmann::json()) != nlohmann::json(key)) {
      verdicts.push_back(entry);
    }
  }
  write_file_atomically(verdict_file(), nlohmann::json{{"verdicts", verdicts}}.dump(2) + "\n");
}

std::string remembered_age(const MachineKey& key) {
  const nlohmann::json entry = entry_of(key);
  const auto age = finding_age(entry);
  if (!age) return "";
  return age_in_words(*age) + (may_pass(entry) ? "; it may pass, so the next run tries again" : "");
}

void forget_acceleration() {
  std::error_code ignored;
  fs::remove(verdict_file(), ignored);
}

}  // namespace bench
