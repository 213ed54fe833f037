#include "drivers/libvirt_registry.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <thread>

#include "bench/core/error.h"
#include "bench/core/files.h"
#include "bench/core/paths.h"
#include "drivers/domain_xml.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

fs::path record_dir() {
  return state_dir() / "vm";
}

fs::path make_dir(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make {}: {}", dir.string(), error.message()),
                "Set BENCH_STATE_DIR to a directory that can be written to.");
  }
  return dir;
}

bool valid_name(const std::string& name) {
  return name.starts_with("bench-") && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

/// Calls `visit(pid, arguments)` for every QEMU process.
template <typename Visit>
void each_qemu(Visit visit) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string file = entry.path().filename();
    if (file.empty() || !std::all_of(file.begin(), file.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    const std::string line = file_text(entry.path() / "cmdline");
    if (line.find("qemu") >= line.find('\0')) {  // argv[0] is qemu-system-…, qemu-kvm
      continue;
    }
    std::vector<std::string> arguments;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find('\0', at), line.size());
      arguments.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    visit(static_cast<pid_t>(std::stol(file)), arguments);
  }
}

}  // namespace

fs::path overlay_dir() {
  const fs::path state = state_dir();
  struct statfs info {};
  const bool in_memory = ::statfs(state.c_str(), &info) == 0 && info.f_type == TMPFS_MAGIC;
  return make_dir((in_memory ? cache_dir() : state) / "overlays");
}

InstanceFiles instance_files(const std::string& name) {
  if (!valid_name(name)) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' is not a name of an instance", name));
  }
  const fs::path overlays = overlay_dir();
  return {make_dir(record_dir()) / (name + ".xml"), overlays / (name + ".qcow2"), overlays / (name + ".fd")};
}

std::vector<OwnedInstance> recorded_instances() {
  std::vector<OwnedInstance> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(record_dir(), error)) {
    if (entry.path().extension() != ".xml" || !valid_name(entry.path().stem())) {
      continue;
    }
    OwnedInstance instance = owner_from_xml(file_text(entry.path())).value_or(OwnedInstance{});
    instance.id = instance.name = entry.path().stem();
    found.push_back(instance);
  }
  return found;
}

void remove_instance_files(const std::string& name) {
  const auto files = instance_files(name);
  for (const auto& file : {files.disk, files.firmware_vars, files.record}) {
    std::error_code error;
    fs::remove(file, error);
    if (error) {
      throw Error(ErrorCode::kIo, fmt::format("cannot remove {}: {}", file.string(), error.message()));
    }
  }
}

std::vector<pid_t> find_guest_processes(const std::string& name) {
  std::vector<pid_t> pids;
  each_qemu([&](pid_t pid, const std::vector<std::string>& arguments) {
    const auto flag = std::find(arguments.begin(), arguments.end(), "-name");
    if (flag != arguments.end() && std::next(flag) != arguments.end() &&
        (std::next(flag)->starts_with("guest=" + name + ",") || *std::next(flag) == "guest=" + name)) {
      pids.push_back(pid);
    }
  });
  return pids;
}

bool kill_guest_processes(const std::string& name, Seconds limit) {
  const Deadline deadline(limit);
  for (;;) {
    const auto pids = find_guest_processes(name);
    if (pids.empty()) {
      return true;
    }
    if (deadline.expired()) {
      return false;
    }
    for (const pid_t pid : pids) {
      ::kill(pid, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace bench
