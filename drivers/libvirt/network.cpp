#include "drivers/libvirt/network.h"

#include <fmt/format.h>
#include <libvirt/libvirt.h>

#include <algorithm>
#include <cstdlib>
#include <pugixml.hpp>

#include "bench/base/error.h"
#include "bench/base/procfs.h"
#include "bench/base/subprocess.h"
#include "drivers/libvirt/connection.h"

namespace bench {
namespace {

constexpr Seconds kProbeLimit{5.0};
constexpr const char* kSetting = "BENCH_VM_NETWORK";
/// The first whose <portForward> the distributions have left on (Debian 12 disables passt in its 9.0).
constexpr unsigned long kFirstWithPasst = 9'002'000;

/// As libvirt finds it: by its name, or where the RHEL family keeps it.
std::string qemu_program() {
  for (const char* program : {"qemu-system-x86_64", "qemu-kvm", "/usr/libexec/qemu-kvm"}) {
    if (have_program(program)) return program;
  }
  return "";
}

/// `-netdev help` of QEMU 7.2 does not list what it has: only using it tells. No machine, so no guest.
bool lacks_slirp(const std::string& qemu) {
  CommandOptions options;
  options.timeout = kProbeLimit;
  try {
    const CommandResult tried = run_command(
        {"sh", "-c",
         R"(printf 'quit\n' | exec "$0" -machine none -nodefaults -display none -monitor stdio -netdev user,id=bench0)",
         qemu},
        options);
    return tried.exit_code != 0 && tried.err.find("-netdev user") != std::string::npos;
  } catch (const Error&) {
    return false;  // too slow to tell, or gone meanwhile
  }
}

/// Empty where passt can be used.
std::string why_no_passt(const NetworkTools& tools) {
  if (!tools.passt) return "passt is not installed";
  if (tools.libvirt >= kFirstWithPasst) return "";
  return fmt::format("passt takes libvirt 9.2 or newer, and this is {}.{}", tools.libvirt / 1'000'000,
                     tools.libvirt / 1'000 % 1'000);
}

bool denies_passt(const std::string& domain_capabilities) {
  pugi::xml_document document;
  if (!document.load_string(domain_capabilities.c_str())) return false;
  const auto backends = document.child("domainCapabilities")
                            .child("devices")
                            .child("interface")
                            .find_child_by_attribute("enum", "name", "backendType")
                            .children("value");
  const auto is_passt = [](const pugi::xml_node& value) {
    return value.text().as_string() == std::string("passt");
  };
  return backends.begin() != backends.end() && std::none_of(backends.begin(), backends.end(), is_passt);
}

}  // namespace

NetworkChoice choose_network(const std::string& setting, const NetworkTools& tools) {
  if (!setting.empty() && setting != "auto" && setting != "slirp" && setting != "passt") {
    throw Error(ErrorCode::kUsage, fmt::format("{} is '{}', which is not known", kSetting, setting),
                "use slirp, passt or auto");
  }
  const std::string no_passt = why_no_passt(tools);
  if (setting == "passt") {
    if (no_passt.empty()) return {GuestNetwork::kPasst, std::nullopt};
    return {GuestNetwork::kPasst,
            Warning{fmt::format("{} is passt: {}", kSetting, no_passt),
                    fmt::format("install passt and libvirt 9.2 or newer, or unset {}", kSetting)}};
  }
  if (tools.qemu_without_slirp.empty()) return {};
  if (setting != "slirp" && no_passt.empty()) return {GuestNetwork::kPasst, std::nullopt};
  return {GuestNetwork::kSlirp,
          Warning{fmt::format("this QEMU ({}) has no user network (it was built without slirp, as in the "
                              "RHEL family), and VMs are reached through that{}{}",
                              tools.qemu_without_slirp, setting == "slirp" ? "" : "; in its place: ",
                              setting == "slirp" ? "" : no_passt),
                  "measure containers alone (--targets docker), or install passt with libvirt 9.2 or newer, "
                  "or a QEMU that is built with slirp"}};
}

NetworkChoice choose_network() {
  const char* set = std::getenv(kSetting);
  NetworkTools tools;
  // A driver says what to install where there is no QEMU.
  if (const std::string qemu = qemu_program(); !qemu.empty() && lacks_slirp(qemu)) {
    tools.qemu_without_slirp = qemu;
  }
  tools.passt = have_program("passt");
  tools.libvirt = libvirt_version_number();
  return choose_network(set != nullptr ? set : "", tools);
}

void require_offered(GuestNetwork network, const std::string& domain_capabilities) {
  if (network != GuestNetwork::kPasst || !denies_passt(domain_capabilities)) return;
  throw Error(ErrorCode::kUnavailable,
              "VMs are to be reached through passt, and this libvirt was built without it",
              "measure containers alone (--targets docker), or install a libvirt with passt");
}

std::string network_text(GuestNetwork network) {
  return network == GuestNetwork::kPasst ? "passt, loopback forward" : "user (slirp), loopback forward";
}

std::optional<ProcessIdentity> passt_process(std::uint16_t host_port) {
  if (host_port == 0) return std::nullopt;
  // Its program is called passt, or passt.avx2 where the processor has that.
  const std::string forward = fmt::format("127.0.0.1/{}:", host_port);
  for (const auto& [pid, process] : living_processes()) {
    if (process.name.starts_with("passt") && any_word_holds(command_line(pid), forward)) {
      return ProcessIdentity{pid, process_start_time(pid).value_or(0)};
    }
  }
  return std::nullopt;
}

}  // namespace bench
