#include "bench/base/paths.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/config.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// An empty variable counts as unset, as the XDG specification asks.
const char* env(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

fs::path home() {
  if (const char* value = env("HOME")) return value;
  const passwd* entry = getpwuid(getuid());
  if (entry != nullptr && entry->pw_dir != nullptr) return entry->pw_dir;
  throw Error(ErrorCode::kIo, "the home directory is unknown: HOME is not set",
              "set HOME or BENCH_CACHE_DIR");
}

/// Makes every missing directory on the way, private to the user.
fs::path made(const fs::path& wanted, const char* variable) {
  const fs::path path = fs::absolute(wanted).lexically_normal();
  fs::path sofar;
  for (const auto& part : path) {
    sofar /= part;
    if (mkdir(sofar.c_str(), 0700) == 0 || errno == EEXIST) continue;
    const int why = errno;
    struct stat status {};
    if (stat(sofar.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;  // EROFS on "/", and the like
    throw Error(ErrorCode::kIo, "cannot make the directory " + sofar.string() + ": " + std::strerror(why),
                std::string("make it writable, or set ") + variable + " to a directory that is");
  }
  if (!fs::is_directory(path) || access(path.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::kIo, path.string() + " is not a directory that can be written",
                std::string("set ") + variable + " to one that is");
  }
  return path;
}

[[noreturn]] void refuse(const fs::path& path, const char* what, int why) {
  throw Error(ErrorCode::kIo, std::string("cannot ") + what + " " + path.string() + ": " + std::strerror(why),
              why == ENOSPC || why == EDQUOT ? "free some space on that file system" : "");
}

/// The kernel tells it without changing it, which other threads would notice.
mode_t current_umask() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "Umask:" && status >> word)
      return static_cast<mode_t>(std::strtoul(word.c_str(), nullptr, 8));
  }
  return 022;
}

/// Removes the temporary file unless the write was completed.
struct TemporaryFile {
  fs::path path;
  Fd fd;
  ~TemporaryFile() {
    if (!path.empty()) unlink(path.c_str());
  }
};

}  // namespace

fs::path cache_dir() {
  if (const char* own = env("BENCH_CACHE_DIR")) return made(own, "BENCH_CACHE_DIR");
  // A relative XDG path is invalid by its specification and is ignored.
  if (const char* xdg = env("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') {
    return made(fs::path(xdg) / "bench", "BENCH_CACHE_DIR");
  }
  return made(home() / ".cache" / "bench", "BENCH_CACHE_DIR");
}

fs::path shared_image_dir() {
  const char* own = env("BENCH_IMAGE_STORE");
  return fs::absolute(own != nullptr ? own : "/var/cache/bench").lexically_normal();
}

fs::path state_dir() {
  if (const char* own = env("BENCH_STATE_DIR")) return made(own, "BENCH_STATE_DIR");
  // sudo may keep the variable of a user, in whose directory root must not trust anything.
  struct stat runtime {};
  if (const char* xdg = env("XDG_RUNTIME_DIR"); xdg != nullptr && *xdg == '/' && access(xdg, W_OK) == 0 &&
                                                stat(xdg, &runtime) == 0 && runtime.st_uid == geteuid()) {
    return made(fs::path(xdg) / "bench", "BENCH_STATE_DIR");
  }
  if (geteuid() == 0) return made("/run/bench", "BENCH_STATE_DIR");
  const fs::path shared = "/tmp/bench-" + std::to_string(geteuid());
  const fs::path path = made(shared, "BENCH_STATE_DIR");
  // /tmp is everybody's: somebody else may have made that directory first.
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) {
    throw Error(ErrorCode::kIo, path.string() + " belongs to somebody else",
                "set BENCH_STATE_DIR to a directory of your own");
  }
  return path;
}

fs::path persistent_dir() {
  if (env("BENCH_STATE_DIR") != nullptr) return made(state_dir() / "state", "BENCH_STATE_DIR");
  try {
    if (geteuid() == 0) return made("/var/lib/bench", "BENCH_STATE_DIR");
    if (const char* xdg = env("XDG_STATE_HOME"); xdg != nullptr && *xdg == '/') {
      return made(fs::path(xdg) / "bench", "BENCH_STATE_DIR");
    }
    return made(home() / ".local" / "state" / "bench", "BENCH_STATE_DIR");
  } catch (const Error&) {
    // A service's user may have no home, and a root file system may be read-only. A cache there must be.
    return made(cache_dir() / "state", "BENCH_CACHE_DIR");
  }
}

fs::path persistent_file(const std::string& name, const fs::path& former) {
  const fs::path file = persistent_dir() / name;
  const fs::path old = former / name;
  std::error_code error;
  if (fs::exists(file, error) || !fs::is_regular_file(fs::symlink_status(old, error))) return file;
  // A runtime directory is another file system as a rule, so a rename would not do.
  fs::copy_file(old, file, error);
  if (!error) fs::remove(old, error);
  return file;
}

std::vector<fs::path> state_dirs() {
  std::vector<fs::path> found{state_dir()};
  if (env("BENCH_STATE_DIR") != nullptr) return found;
  const std::string uid = std::to_string(geteuid());
  for (const fs::path& candidate :
       {fs::path("/run/bench"), fs::path("/run/user") / uid / "bench", fs::path("/tmp/bench-" + uid)}) {
    struct stat status {};
    const bool own =
        lstat(candidate.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
    if (own && std::find(found.begin(), found.end(), candidate) == found.end()) found.push_back(candidate);
  }
  return found;
}

fs::path data_dir() {
  if (const char* own = env("BENCH_DATA_DIR")) {
    if (!fs::is_directory(own)) {
      throw Error(ErrorCode::kIo, std::string("BENCH_DATA_DIR is not a directory: ") + own,
                  "point it at the directory that holds backend/, or unset it");
    }
    return fs::absolute(own);
  }
  const fs::path source = BENCH_SOURCE_DIR;
  if (!fs::is_directory(source)) {
    throw Error(ErrorCode::kIo, "the source tree that this was built from is gone: " + source.string(),
                "set BENCH_DATA_DIR to the directory that holds backend/");
  }
  return source;
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::string pattern = (directory / ("." + path.filename().string() + ".XXXXXX")).string();
  TemporaryFile file;
  file.fd.reset(mkostemp(pattern.data(), O_CLOEXEC));
  if (!file.fd.open()) refuse(path, "write", errno);
  file.path = pattern;

  while (!text.empty()) {
    const ssize_t written = write(file.fd.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(path, "write", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  // mkostemp makes files that only their owner can read; who may read results is for the umask to say.
  if (fchmod(file.fd.get(), 0666 & ~current_umask()) != 0) refuse(path, "set the mode of", errno);
  if (fsync(file.fd.get()) != 0) refuse(path, "flush", errno);
  if (close(file.fd.release()) != 0) refuse(path, "close", errno);
  if (rename(file.path.c_str(), path.c_str()) != 0) refuse(path, "replace", errno);
  file.path.clear();

  // The rename itself is only durable once the directory is. A file system without fsync of directories
  // (some network ones) has done all it can.
  if (const Fd opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); opened.open()) {
    (void)fsync(opened.get());
  }
}

}  // namespace bench
