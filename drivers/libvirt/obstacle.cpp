#include "drivers/libvirt/obstacle.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdlib>

#include "drivers/libvirt/network.h"

namespace bench {

std::optional<Warning> architecture_obstacle(const std::string& machine) {
  if (machine.empty() || machine == "x86_64") return std::nullopt;
  return Warning{fmt::format("VMs are made for x86-64 hosts only so far, and this one is {}", machine),
                 "measure containers alone (--targets docker), or use an x86-64 host"};
}

std::optional<Warning> network_obstacle() {
  return choose_network().obstacle;
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
