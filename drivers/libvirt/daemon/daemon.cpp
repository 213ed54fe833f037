#include "drivers/libvirt/daemon/daemon.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "bench/base/error.h"
#include "drivers/common/process_table.h"
#include "drivers/libvirt/daemon/daemon_memory.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::filesystem::path runtime_dir() {
  const char* dir = std::getenv("XDG_RUNTIME_DIR");
  return dir != nullptr && *dir != '\0' ? fs::path(dir) : fs::path("/run/user") / std::to_string(::getuid());
}

std::optional<pid_t> daemon_of(const std::string& uri) {
  if (!uri.starts_with("qemu:///") && !uri.starts_with("qemu+unix:///")) {
    return std::nullopt;
  }
  const auto given = uri.find("socket=");
  if (given != std::string::npos) {
    const auto from = given + std::strlen("socket=");
    return listening_process(uri.substr(from, uri.find('&', from) - from));
  }
  const fs::path base = uri.find("///session") == std::string::npos ? "/run" : runtime_dir();
  for (const char* name : {"virtqemud-sock", "libvirt-sock"}) {
    if (const auto pid = listening_process(base / "libvirt" / name)) {
      return pid;
    }
  }
  return std::nullopt;
}

std::vector<std::string> daemons_that_listen() {
  std::vector<std::string> uris;
  for (const char* uri : {"qemu:///system", "qemu:///session"}) {
    // root's session is the system daemon
    if ((std::strstr(uri, "session") == nullptr || ::geteuid() != 0) && daemon_of(uri)) {
      uris.emplace_back(uri);
    }
  }
  return uris;
}

bool is_system_daemon(const std::string& uri) {
  return uri.find("///system") != std::string::npos;
}

DaemonChoice choose_daemon(const std::vector<std::string>& uris,
                           const std::function<Seconds(const std::string& uri)>& start,
                           const std::function<std::optional<Warning>()>& hidden) {
  DaemonChoice choice;
  for (const std::string& uri : uris) {
    try {
      const Seconds took = start(uri);
      if (took < kSlowStart) {
        choice.uri = uri;
        return choice;
      }
      choice.not_taken.push_back(
          {fmt::format("{} is not used: it takes {:.0f} s to start an empty guest", uri, took.count()),
           "give the daemon's QEMU user access to /dev/kvm (group kvm), or name it with "
           "--connect to use it all the same"});
    } catch (const Error& error) {
      const auto unseen = is_system_daemon(uri) ? hidden() : std::nullopt;
      choice.not_taken.push_back({fmt::format("{} is not used: {}{}", uri, error.what(),
                                              unseen ? "; " + unseen->text : std::string()),
                                  unseen ? unseen->remedy : error.remedy()});
    }
  }
  return choice;
}

}  // namespace bench
