#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "bench/base/fd.h"

namespace bench {

/// The lock of a file (flock). The kernel drops it when this goes, or with the process, so a killed process
/// blocks nobody.
class FileLock {
 public:
  enum class Kind { kAlone, kShared };

  FileLock() = default;
  /// Of a file that is open already.
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  /// Opens the file, and makes it for its owner only where it is missing. Throws Error{kIo} with the remedy.
  FileLock(const std::filesystem::path& path, const std::string& remedy);

  [[nodiscard]] const Fd& fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_.open(); }
  /// The descriptor with what is held; the caller closes it.
  [[nodiscard]] int release() { return fd_.release(); }

  /// Whether it is held now. A lock that is held is changed to the other kind.
  [[nodiscard]] bool attempt(Kind kind = Kind::kAlone) const;
  /// Waits without an end. False where there is no file, or one that cannot be locked.
  bool wait(Kind kind = Kind::kAlone) const;
  /// Looks again every `poll`; `waiting` is called once, when it is not had at once. False after `patience`.
  /// Throws Error{kInterrupted}.
  [[nodiscard]] bool wait(Kind kind, std::chrono::milliseconds poll, std::chrono::duration<double> patience,
                          const std::stop_token& stop, const std::function<void()>& waiting = {}) const;

 private:
  Fd fd_;
};

}  // namespace bench
