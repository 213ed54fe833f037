#include "drivers/docker/private/bridge.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/base/file_lock.h"

namespace bench {

namespace {

/// Host byte order.
struct Subnet {
  std::uint32_t address = 0, mask = 0;
};

constexpr std::uint32_t kMask = 0xFFFFF000;  // /20: room for 4094 containers

std::uint32_t bits(const sockaddr* address) {
  return ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr);
}

/// Of every interface and route but the bridge's own.
std::vector<Subnet> subnets_in_use(const std::string& bridge) {
  std::vector<Subnet> result;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) == 0) {
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
      if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET ||
          entry->ifa_netmask == nullptr || bridge == entry->ifa_name) {
        continue;
      }
      result.push_back({bits(entry->ifa_addr), bits(entry->ifa_netmask)});
    }
    freeifaddrs(list);
  }
  std::ifstream routes("/proc/net/route");
  std::string line;
  std::getline(routes, line);
  while (std::getline(routes, line)) {
    std::istringstream fields(line);
    std::string interface, gateway, flags, references, use, metric;
    std::uint32_t destination = 0, mask = 0;
    fields >> interface >> std::hex >> destination >> gateway >> flags >> references >> use >> metric >> mask;
    if (fields && mask != 0 && interface != bridge) result.push_back({ntohl(destination), ntohl(mask)});
  }
  return result;
}

bool is_taken(std::uint32_t candidate, const std::vector<Subnet>& used) {
  return std::any_of(used.begin(), used.end(), [candidate](const Subnet& other) {
    const std::uint32_t mask = other.mask & kMask;
    return (other.address & mask) == (candidate & mask);
  });
}

std::uint32_t free_subnet(const std::vector<Subnet>& used) {
  struct Range {
    std::uint32_t first;
    int count;
  };
  // 198.18.0.0/15, then 10.213.0.0/16.
  for (const Range range : {Range{0xC6120000, 32}, Range{0x0AD50000, 16}}) {
    for (int i = 0; i < range.count; ++i) {
      const std::uint32_t candidate = range.first + static_cast<std::uint32_t>(i) * 0x1000;
      if (!is_taken(candidate, used)) return candidate;
    }
  }
  throw Error(ErrorCode::kUnavailable, "no subnet is free for the private Docker daemon's bridge",
              "start the system's own Docker daemon instead");
}

class ControlSocket {
 public:
  ControlSocket() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  [[nodiscard]] bool control(unsigned long request, void* argument) const {
    return fd_.open() && ioctl(fd_.get(), request, argument) == 0;
  }

 private:
  Fd fd_;
};

ifreq named(const std::string& name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  return request;
}

void set_address(const ControlSocket& control, unsigned long what, const std::string& name,
                 std::uint32_t value) {
  ifreq request = named(name);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(value);
  std::memcpy(&request.ifr_addr, &address, sizeof address);
  if (!control.control(what, &request)) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("cannot give the bridge {} its address: {}", name, std::strerror(errno)),
                "start the system's own Docker daemon instead");
  }
}

bool set_up(const ControlSocket& control, const std::string& name, bool up) {
  ifreq request = named(name);
  if (!control.control(SIOCGIFFLAGS, &request)) return false;
  request.ifr_flags = static_cast<short>(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  return control.control(SIOCSIFFLAGS, &request);
}

/// Between looking for a free subnet and taking it nobody else may: not a daemon with another state
/// directory, nor another user's. Without the directory, which a container may lack, the look alone has to
/// do.
FileLock subnets_lock() {
  try {
    FileLock lock("/run/bench-subnets.lock", "");
    if (lock.wait()) return lock;
  } catch (const Error&) {
  }
  return {};
}

}  // namespace

void make_bridge(const std::string& name) {
  const ControlSocket control;
  const FileLock lock = subnets_lock();
  std::string copy = name;
  if (!control.control(SIOCBRADDBR, copy.data()) && errno != EEXIST) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("cannot make the bridge {}: {}", name, std::strerror(errno)),
                "load the kernel module bridge, or start the system's own Docker daemon");
  }
  ifreq request = named(name);
  const std::vector<Subnet> used = subnets_in_use(name);
  // The address of a bridge that a killed run has left may have gone to another one since.
  if (!control.control(SIOCGIFADDR, &request) || is_taken(bits(&request.ifr_addr), used)) {
    const std::uint32_t subnet = free_subnet(used);
    set_address(control, SIOCSIFADDR, name, subnet + 1);
    set_address(control, SIOCSIFNETMASK, name, kMask);
  }
  if (!set_up(control, name, true)) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("cannot bring the bridge {} up: {}", name, std::strerror(errno)),
                "start the system's own Docker daemon instead");
  }
}

bool remove_bridge(const std::string& name) noexcept {
  const ControlSocket control;
  if (!set_up(control, name, false)) return false;
  std::string copy = name;
  return control.control(SIOCBRDELBR, copy.data());
}

}  // namespace bench
