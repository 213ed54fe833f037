// libvirt's embedded driver, set up by two threads of one process.

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "bench/base/error.h"
#include "drivers/libvirt/connection.h"
#include "drivers/libvirt/daemon/daemon.h"
#include "tests/support/own_state.h"

namespace bench::test {

namespace {

// The driver sets itself up once a process, so that each try takes a process of its own.
constexpr int kProcesses = 2;
constexpr int kCannot = 77;

/// Daemons of this machine's own would be taken before the embedded driver. False where they cannot be
/// hidden.
bool hide_daemons() {
  ::setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
  if (daemons_that_listen().empty()) return true;
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", "/run/libvirt", "tmpfs", 0, nullptr) == 0 && daemons_that_listen().empty();
}

/// In a child: two targets of one run open their engines at the same moment.
int open_two_at_once() {
  if (!hide_daemons()) return kCannot;
  std::barrier together(2);
  std::shared_ptr<LibvirtConnection> opened[2];
  const auto open = [&](std::shared_ptr<LibvirtConnection>& connection) {
    together.arrive_and_wait();
    try {
      connection = LibvirtConnection::open({});
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  };
  { const std::jthread one(open, std::ref(opened[0])), two(open, std::ref(opened[1])); }
  for (const auto& connection : opened) {
    if (!connection || !connection->embedded() || !connection->alive()) return 1;
  }
  return 0;
}

class EmbeddedLibvirt : public OwnState {
 protected:
  void SetUp() override {
    OwnState::SetUp();
    ::unsetenv("LIBVIRT_DEFAULT_URI");
  }
};

TEST_F(EmbeddedLibvirt, TwoConnectionsThatAreOpenedAtOnceBothWork) {
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(open_two_at_once());
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status) << " ended the process, try " << i;
    if (WEXITSTATUS(status) == kCannot) GTEST_SKIP() << "a daemon of this machine's own cannot be hidden";
    ASSERT_EQ(WEXITSTATUS(status), 0) << "try " << i;
  }
}

}  // namespace

}  // namespace bench::test
