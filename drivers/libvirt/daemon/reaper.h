#pragma once

#include <sys/types.h>

#include <thread>

namespace bench {

/// While it lives, QEMUs (and their passt) that libvirt's embedded driver has detached become children of
/// this process and are reaped at once when they end. libvirt takes a process that nobody has reaped for one
/// that still runs and waits for it, and the init of a container may reap late or never: ending a guest then
/// took seconds, and so did each of libvirt's questions to QEMU. Only around opening and starting: what
/// others detach meanwhile stays theirs.
class QemuAdoption {
 public:
  QemuAdoption();
  ~QemuAdoption();
  QemuAdoption(const QemuAdoption&) = delete;
  QemuAdoption& operator=(const QemuAdoption&) = delete;

 private:
  std::jthread reaper_;
};

/// Reaps one adopted process of a guest as soon as it ends. Ends at once when the process is not our child.
class GuestReaper {
 public:
  explicit GuestReaper(pid_t pid);
  /// Waits for the process's end.
  ~GuestReaper();
  GuestReaper(const GuestReaper&) = delete;
  GuestReaper& operator=(const GuestReaper&) = delete;

 private:
  std::thread thread_;
};

}  // namespace bench
