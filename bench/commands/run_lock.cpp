#include "bench/commands/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "bench/core/error.h"
#include "bench/core/paths.h"

namespace bench {
namespace {

/// ": bench run --config nightly.toml", or nothing where it cannot be read.
std::string command_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/cmdline", std::ios::binary);
  std::string command;
  for (std::string word; std::getline(file, word, '\0');) command += (command.empty() ? ": " : " ") + word;
  return command;
}

}  // namespace

RunLock::RunLock() {
  const auto path = state_dir() / "run.lock";
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    throw Error(ErrorCode::kIo, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)),
                "set BENCH_STATE_DIR to a directory that can be written to");
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const ssize_t got = pread(fd_, holder.data(), holder.size() - 1, 0);
    close(fd_);
    const std::string pid =
        got > 0 ? std::string(holder.data(), static_cast<std::size_t>(got)) : std::string("unknown");
    throw Error(ErrorCode::kUnavailable,
                fmt::format("another bench is measuring on this machine (process {}{}); nothing was measured",
                            pid, command_of(pid)),
                "wait for it to end: two runs at once would measure each other; a scheduled job has its next "
                "turn by itself");
  }
  const std::string pid = fmt::format("{}", getpid());
  if (ftruncate(fd_, 0) != 0 || pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
    // The pid is for the other's message only; the lock itself holds.
  }
}

RunLock::~RunLock() {
  close(fd_);
}

}  // namespace bench
