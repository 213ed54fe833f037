#pragma once

namespace bench {

/// Held while something is measured or prepared: two runs at once would measure each other. The kernel drops
/// it with the process, so a killed run blocks nobody.
class RunLock {
 public:
  /// Throws Error{kUnavailable} naming the process that holds it.
  RunLock();
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace bench
