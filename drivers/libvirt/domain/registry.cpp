#include "drivers/libvirt/domain/registry.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <iterator>
#include <string_view>
#include <thread>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"
#include "drivers/common/process_table.h"
#include "drivers/libvirt/domain/domain_xml.h"

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
                "set BENCH_STATE_DIR to a directory that can be written to");
  }
  return dir;
}

bool valid_name(const std::string& name) {
  return name.starts_with("bench-") && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

/// The guest's name that libvirt has given in "-name guest=NAME,…"; empty where there is none.
std::string guest_name(const std::vector<std::string>& arguments) {
  constexpr std::string_view kGuest = "guest=";
  const auto flag = std::find(arguments.begin(), arguments.end(), "-name");
  if (flag == arguments.end() || std::next(flag) == arguments.end() ||
      !std::next(flag)->starts_with(kGuest)) {
    return "";
  }
  const std::string rest = std::next(flag)->substr(kGuest.size());
  return rest.substr(0, rest.find(','));
}

/// Calls `visit(pid, arguments)` for every QEMU process.
template <typename Visit>
void each_qemu(Visit visit) {
  for (const pid_t pid : all_processes().value_or(std::vector<pid_t>())) {
    const std::vector<std::string> arguments = command_line(pid);
    if (arguments.empty() || arguments.front().find("qemu") == std::string::npos)
      continue;  // qemu-system-…, qemu-kvm
    visit(pid, arguments);
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
  return {make_dir(record_dir()) / (name + ".xml"), overlays / (name + ".qcow2"), overlays / (name + ".fd"),
          overlays / (name + ".env")};
}

std::vector<OwnedInstance> recorded_instances() {
  std::vector<OwnedInstance> found;
  for (const fs::path& state : state_dirs()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(state / "vm", error)) {
      if (entry.path().extension() != ".xml" || !valid_name(entry.path().stem())) {
        continue;
      }
      OwnedInstance instance = owner_from_xml(file_text(entry.path())).value_or(OwnedInstance{});
      instance.id = instance.name = entry.path().stem();
      found.push_back(instance);
    }
  }
  return found;
}

std::optional<pid_t> owner_in_name(const std::string& name) {
  std::string_view rest = name;
  for (const std::string_view start : {"bench-", "proof-", "trial-"}) {
    if (rest.starts_with(start)) {
      rest.remove_prefix(start.size());
    } else if (start == "bench-") {
      return std::nullopt;
    }
  }
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), pid);
  const bool whole = error == std::errc{} && (end == rest.data() + rest.size() || *end == '-');
  return whole && pid > 0 ? std::optional(pid) : std::nullopt;
}

std::vector<OwnedInstance> orphaned_guests() {
  std::vector<OwnedInstance> found;
  std::error_code error;
  const fs::path our_pids = fs::read_symlink("/proc/self/ns/pid", error);
  each_qemu([&](pid_t pid, const std::vector<std::string>& arguments) {
    const std::string name = guest_name(arguments);
    const auto owner = valid_name(name) ? owner_in_name(name) : std::nullopt;
    // In another container the same number is somebody else.
    if (!owner || fs::read_symlink(fmt::format("/proc/{}/ns/pid", pid), error) != our_pids) {
      return;
    }
    const auto started = process_start_time(pid);
    const auto owner_started = process_start_time(*owner);
    const bool owner_lives = owner_started && started && *owner_started <= *started;
    if (!owner_lives && (::geteuid() == 0 || ::kill(pid, 0) == 0)) {
      OwnedInstance instance;
      instance.id = instance.name = name;
      instance.owner.pid = *owner;
      found.push_back(instance);
    }
  });
  return found;
}

void remove_instance_files(const std::string& name) {
  const auto files = instance_files(name);
  std::vector<fs::path> all{files.variables, files.disk, files.firmware_vars};
  for (const fs::path& state : state_dirs()) {
    all.push_back(state / "overlays" / (name + ".env"));
    all.push_back(state / "overlays" / (name + ".qcow2"));
    all.push_back(state / "overlays" / (name + ".fd"));
  }
  for (const fs::path& state : state_dirs()) {
    all.push_back(state / "vm" / (name + ".xml"));
  }
  for (const auto& file : all) {  // records last
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
    if (guest_name(arguments) == name) {
      pids.push_back(pid);
    }
  });
  return pids;
}

bool kill_guest_processes(const std::string& name, Seconds limit) {
  const Deadline deadline(limit);
  for (;;) {
    std::vector<ProcessIdentity> processes;
    for (const pid_t pid : find_guest_processes(name)) {
      processes.push_back({pid, process_start_time(pid).value_or(0)});
    }
    if (processes.empty()) {
      return true;
    }
    if (deadline.expired()) {
      return false;
    }
    const auto still = find_guest_processes(name);  // that start belongs to a process of that name
    for (const ProcessIdentity& process : processes) {
      if (std::find(still.begin(), still.end(), process.pid) != still.end()) {
        signal_process(process, SIGKILL);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace bench
