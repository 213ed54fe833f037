#include "drivers/docker/private/bridge.h"

#include "bench/config.h"

#if BENCH_HAVE_DOCKER

#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <exception>

#include "bench/base/fd.h"

namespace bench {
namespace {

ifreq of_bridge(const char* name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

std::uint32_t address_of(const Fd& socket, const char* name) {
  ifreq request = of_bridge(name);
  if (ioctl(socket.get(), SIOCGIFADDR, &request) != 0) return 0;
  sockaddr_in address{};
  std::memcpy(&address, &request.ifr_addr, sizeof address);
  return ntohl(address.sin_addr.s_addr);
}

/// In a network of its own; the exit code says which step did not hold.
int takes_a_subnet_of_its_own() {
  if (unshare(CLONE_NEWNET) != 0) return 77;
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  make_bridge("bench-one");
  make_bridge("bench-two");
  const std::uint32_t one = address_of(socket, "bench-one");
  if (one == 0 || one == address_of(socket, "bench-two")) return 1;
  make_bridge("bench-two");
  if (address_of(socket, "bench-two") != one + 0x1000) return 2;  // kept, where nobody else has it

  // A killed run has left the second one, and its subnet has gone to somebody else.
  ifreq taken = of_bridge("bench-two");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(one);
  std::memcpy(&taken.ifr_addr, &address, sizeof address);
  if (ioctl(socket.get(), SIOCSIFADDR, &taken) != 0) return 3;
  make_bridge("bench-two");
  return address_of(socket, "bench-two") == one + 0x1000 ? 0 : 4;
}

TEST(PrivateBridge, HasASubnetThatNobodyElseHasAlsoWhenItIsTakenOver) {
  if (geteuid() != 0) GTEST_SKIP() << "only root makes bridges";
  const pid_t child = fork();
  if (child == 0) {
    try {
      _exit(takes_a_subnet_of_its_own());
    } catch (const std::exception&) {
      _exit(78);
    }
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no network namespace can be made here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace bench

#endif
