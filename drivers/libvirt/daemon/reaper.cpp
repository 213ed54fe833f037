#include "drivers/libvirt/daemon/reaper.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <mutex>
#include <string>

namespace bench {
namespace {

constexpr std::chrono::milliseconds kPeriod{2};

/// A QEMU, or the passt of one, that left our session when it was detached. One that is still in it is a
/// child that somebody here waits for: qemu-img, or the QEMU that libvirt asks about its abilities before
/// that one detaches itself. Taking that one's end away from libvirt would leave the detached half running.
bool is_detached(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(in, name);
  const pid_t session = ::getsid(pid);  // known for a process that has ended and was not reaped, too
  const bool ours = name.starts_with("qemu") || name.starts_with("passt");
  return ours && session >= 0 && session != ::getsid(0);
}

/// Several adoptions may overlap; the attribute belongs to the whole process.
void count_adoptions(int change) {
  static std::mutex mutex;
  static int count = 0;
  static int before = 0;
  const std::lock_guard lock(mutex);
  if (count == 0) {
    ::prctl(PR_GET_CHILD_SUBREAPER, &before);
  }
  count += change;
  ::prctl(PR_SET_CHILD_SUBREAPER, count > 0 ? 1 : before);
}

/// Looks without reaping, so that children that others wait for stay theirs.
void reap_the_dead() {
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
         is_detached(info.si_pid)) {
    ::waitpid(info.si_pid, nullptr, WNOHANG);
    info = {};
  }
}

}  // namespace

QemuAdoption::QemuAdoption() {
  count_adoptions(+1);
  reaper_ = std::jthread([](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      reap_the_dead();
      std::this_thread::sleep_for(kPeriod);
    }
  });
}

QemuAdoption::~QemuAdoption() {
  count_adoptions(-1);
  reaper_.request_stop();
  reaper_.join();
  reap_the_dead();
}

GuestReaper::GuestReaper(pid_t pid)
    : thread_([pid] {
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
        }
      }) {}

GuestReaper::~GuestReaper() {
  thread_.join();
}

}  // namespace bench
