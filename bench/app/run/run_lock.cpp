#include "bench/app/run/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"

namespace bench {
namespace {

/// ": bench run --config nightly.toml", or nothing where it cannot be read.
std::string command_of(pid_t pid) {
  std::string command;
  for (const std::string& word : command_line(pid)) command += (command.empty() ? ": " : " ") + word;
  return command;
}

/// The file, made for everybody where it is missing; none, and errno, when it cannot be had.
Fd open_lock(const std::filesystem::path& path) {
  constexpr int kHow = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  for (int tries = 0; tries < 3; ++tries) {
    // Without O_CREAT first: in a sticky directory the kernel refuses it for a file of somebody else's, also
    // to root (fs.protected_regular). To hold a lock reading is enough.
    Fd fd(open(path.c_str(), O_RDWR | kHow));
    if (!fd.open() && errno == EACCES) fd.reset(open(path.c_str(), O_RDONLY | kHow));
    if (!fd.open() && errno == ENOENT) {
      fd.reset(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | kHow, 0666));
      if (!fd.open() && errno == EEXIST) continue;  // somebody made it between the two
      if (fd.open()) (void)fchmod(fd.get(), 0666);  // whatever the umask
    }
    struct stat status {};
    if (fd.open() && (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))) {
      fd.reset();
      errno = EINVAL;
    }
    return fd;
  }
  return Fd();
}

std::string holder_of(int fd) {
  std::array<char, 16> text{};
  const ssize_t got = pread(fd, text.data(), text.size() - 1, 0);
  const std::string pid(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  // Anybody may have written to it: only a number is shown, and looked up in /proc.
  const bool number = !pid.empty() && pid.find_first_not_of("0123456789") == std::string::npos;
  return number ? pid + command_of(std::atoi(pid.c_str())) : "unknown";
}

/// For the other's message only; the lock itself holds.
void say_holder(int fd) {
  struct stat status {};
  // A second name of the file would be some other file.
  if (fstat(fd, &status) != 0 || status.st_nlink != 1) return;
  const std::string pid = fmt::format("{}", getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) return;
}

}  // namespace

std::vector<std::filesystem::path> lock_files() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
  };
  if (const char* own = set("BENCH_LOCK_FILE")) return {own};
  if (set("BENCH_STATE_DIR") != nullptr) return {state_dir() / "run.lock"};
  return {"/run/lock/bench.lock", "/tmp/bench.lock"};
}

RunLock::RunLock(const std::vector<std::filesystem::path>& files) {
  std::string trouble;
  for (const auto& path : files) {
    FileLock lock(open_lock(path));
    if (!lock.open()) {
      trouble += fmt::format("{}{}: {}", trouble.empty() ? "" : "; ", path.string(), std::strerror(errno));
      continue;
    }
    if (!lock.attempt()) {
      const std::string holder = holder_of(lock.fd().get());
      throw Error(
          ErrorCode::kUnavailable,
          fmt::format("another bench is measuring on this machine (process {}); nothing was measured",
                      holder),
          "wait for it to end: two runs at once would measure each other; a scheduled job has its next "
          "turn by itself");
    }
    held_.push_back(std::move(lock));
  }
  if (held_.empty()) {
    throw Error(ErrorCode::kIo, "cannot open the lock " + trouble,
                "make one of them readable, or set BENCH_LOCK_FILE to a file that is the same for all users");
  }
  for (const FileLock& lock : held_) say_holder(lock.fd().get());
}

}  // namespace bench
