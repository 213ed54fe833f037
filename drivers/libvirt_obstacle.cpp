#include "drivers/libvirt_obstacle.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdlib>

#include "bench/core/error.h"
#include "bench/core/subprocess.h"

namespace bench {
namespace {

constexpr Seconds kProbeLimit{5.0};

/// As libvirt finds it: by its name, or where the RHEL family keeps it.
std::string qemu_program() {
  for (const char* program : {"qemu-system-x86_64", "qemu-kvm", "/usr/libexec/qemu-kvm"}) {
    if (have_program(program)) return program;
  }
  return "";
}

}  // namespace

std::optional<Warning> architecture_obstacle(const std::string& machine) {
  if (machine.empty() || machine == "x86_64") return std::nullopt;
  return Warning{fmt::format("VMs are made for x86-64 hosts only so far, and this one is {}", machine),
                 "measure containers alone (--targets docker), or use an x86-64 host"};
}

std::optional<Warning> network_obstacle() {
  const std::string qemu = qemu_program();
  if (qemu.empty()) return std::nullopt;  // the driver says so, with what to install
  // `-netdev help` of QEMU 7.2 does not list what it has: only using it tells. No machine, so no guest.
  CommandOptions options;
  options.timeout = kProbeLimit;
  try {
    const CommandResult tried = run_command(
        {"sh", "-c",
         R"(printf 'quit\n' | exec "$0" -machine none -nodefaults -display none -monitor stdio -netdev user,id=bench0)",
         qemu},
        options);
    if (tried.exit_code == 0 || tried.err.find("-netdev user") == std::string::npos) return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // too slow to tell, or gone meanwhile
  }
  return Warning{
      fmt::format("this QEMU ({}) has no user network (it was built without slirp, as in the RHEL family), "
                  "and VMs are reached through that",
                  qemu),
      "measure containers alone (--targets docker), or install a QEMU that is built with slirp"};
}

std::optional<Warning> libvirt_obstacle(const DriverOptions& options) {
  const char* preset = std::getenv("LIBVIRT_DEFAULT_URI");
  const std::string uri = options.connect.empty() && preset != nullptr ? preset : options.connect;
  if (uri.starts_with("test:")) return std::nullopt;  // libvirt's in-memory driver has neither
  utsname host{};
  if (uname(&host) == 0) {
    if (auto obstacle = architecture_obstacle(host.machine)) return obstacle;
  }
  return network_obstacle();
}

}  // namespace bench
