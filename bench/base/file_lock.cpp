#include "bench/base/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "bench/base/error.h"

namespace bench {
namespace {

int operation(FileLock::Kind kind) {
  return kind == FileLock::Kind::kAlone ? LOCK_EX : LOCK_SH;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path, const std::string& remedy)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (fd_.open()) return;
  throw Error(ErrorCode::kIo, fmt::format("cannot open the lock {}: {}", path.string(), std::strerror(errno)),
              remedy);
}

bool FileLock::attempt(Kind kind) const {
  return fd_.open() && ::flock(fd_.get(), operation(kind) | LOCK_NB) == 0;
}

bool FileLock::wait(Kind kind) const {
  if (!fd_.open()) return false;
  while (::flock(fd_.get(), operation(kind)) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

bool FileLock::wait(Kind kind, std::chrono::milliseconds poll, std::chrono::duration<double> patience,
                    const std::stop_token& stop, const std::function<void()>& waiting) const {
  const auto began = std::chrono::steady_clock::now();
  for (bool first = true; !attempt(kind); first = false) {
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while waiting for a lock");
    if (std::chrono::steady_clock::now() - began >= patience) return false;
    if (first && waiting) waiting();
    std::this_thread::sleep_for(poll);
  }
  return true;
}

}  // namespace bench
