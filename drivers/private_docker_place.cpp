#include "drivers/private_docker_place.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "bench/core/clock.h"
#include "bench/core/files.h"
#include "bench/core/paths.h"
#include "bench/core/procfs.h"
#include "drivers/private_docker_bridge.h"
#include "drivers/process_table.h"

namespace bench {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Seconds kOrderlyEnd{8.0};

/// FNV-1a: short, and the same in every build.
std::uint32_t hash(const std::string& text) {
  std::uint32_t value = 2166136261U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 16777619U;
  return value;
}

/// The cgroup trees of this machine in which the daemon's tag has a group.
std::vector<fs::path> cgroups(const std::string& tag) {
  std::vector<fs::path> result;
  std::error_code ignored;
  const fs::path root = "/sys/fs/cgroup";
  if (fs::is_directory(root / tag, ignored)) result.push_back(root / tag);
  for (const auto& entry : fs::directory_iterator(root, ignored)) {
    if (!entry.is_symlink(ignored) && fs::is_directory(entry.path() / tag, ignored))
      result.push_back(entry.path() / tag);
  }
  return result;
}

std::vector<fs::path> directories_below(const fs::path& top) {
  std::vector<fs::path> result{top};
  std::error_code ignored;
  for (auto it = fs::recursive_directory_iterator(top, ignored); it != fs::recursive_directory_iterator();
       it.increment(ignored)) {
    if (ignored) break;
    if (it->is_directory(ignored)) result.push_back(it->path());
  }
  return result;
}

/// Everything that runs for the daemon: known by its own paths on the command line, by descent, by its
/// cgroup.
std::set<pid_t> daemon_family(const DaemonPlace& place) {
  const auto table = living_processes();
  std::set<pid_t> family;
  for (const auto& [pid, process] : table) {
    const bool kind = process.name == "dockerd" || process.name == "containerd" ||
                      process.name.starts_with("containerd-shim");
    if (kind && any_word_holds(command_line(pid), place.run_dir.string() + "/")) family.insert(pid);
  }
  for (const auto& group : cgroups(place.tag)) {
    for (const auto& directory : directories_below(group)) {
      std::istringstream members(file_text(directory / "cgroup.procs"));
      for (pid_t pid = 0; members >> pid;) {
        if (table.contains(pid)) family.insert(pid);
      }
    }
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [pid, process] : table) {
      if (family.contains(process.parent) && family.insert(pid).second) grew = true;
    }
  }
  family.erase(getpid());
  return family;
}

/// Reaps a child of ours that is ending; somebody else's is left to them. The leader of a process shows as a
/// zombie while its other threads still end, and can only be reaped after them.
void reap(pid_t pid) {
  const Deadline deadline(Seconds(1));
  while (pid > 0 && waitpid(pid, nullptr, WNOHANG) == 0 && !deadline.expired()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

bool end_orderly(pid_t pid, std::uint64_t start, Seconds patience) {
  if (!process_lives(pid, start)) {
    reap(pid);
    return true;
  }
  kill(pid, SIGTERM);
  const Deadline deadline(patience);
  while (process_lives(pid, start)) {
    if (deadline.expired()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  reap(pid);
  return true;
}

bool is_below(const std::string& path, const fs::path& top) {
  const std::string prefix = top.string();
  return path == prefix || path.starts_with(prefix + "/");
}

int unmount_below(const DaemonPlace& place) {
  std::vector<std::string> points;
  for (const MountEntry& mount : read_mounts()) {
    if (is_below(mount.point, place.run_dir) || is_below(mount.point, place.data_root)) {
      points.push_back(mount.point);
    }
  }
  int count = 0;
  for (auto point = points.rbegin(); point != points.rend(); ++point) {
    if (umount2(point->c_str(), MNT_DETACH) == 0) ++count;
  }
  return count;
}

/// A shim's socket is outside the run directory (/run/containerd/s); its bundle names it.
void remove_shim_sockets(const DaemonPlace& place) {
  std::error_code ignored;
  const fs::path tasks = place.run_dir / "containerd" / "io.containerd.runtime.v2.task";
  for (const auto& directory :
       fs::is_directory(tasks, ignored) ? directories_below(tasks) : std::vector<fs::path>{}) {
    const std::string address = file_text(directory / "address");
    if (address.starts_with("unix:///run/containerd/s/")) fs::remove(address.substr(7), ignored);
  }
}

void remove_cgroups(const std::string& tag) {
  for (const auto& group : cgroups(tag)) {
    auto directories = directories_below(group);
    std::sort(directories.begin(), directories.end(),
              [](const fs::path& a, const fs::path& b) { return a.native().size() > b.native().size(); });
    for (const auto& directory : directories) rmdir(directory.c_str());
  }
}

/// Directories that dockerd and shims make whatever they are told; gone only if empty and not the system's.
void remove_fixed_directories() {
  std::error_code ignored;
  if (!fs::exists("/run/containerd/containerd.sock", ignored)) {
    rmdir("/run/containerd/s");
    rmdir("/run/containerd");
  }
  if (!fs::exists("/run/docker.sock", ignored)) {
    rmdir("/run/docker/plugins");
    rmdir("/run/docker");
  }
}

int kill_family(const DaemonPlace& place) {
  int killed = 0;
  const Deadline deadline(Seconds(5));
  for (auto family = daemon_family(place); !family.empty(); family = daemon_family(place)) {
    if (killed == 0) killed = static_cast<int>(family.size());
    for (const pid_t pid : family) kill(pid, SIGKILL);
    if (deadline.expired()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return killed;
}

}  // namespace

DaemonPlace new_place() {
  DaemonPlace place;
  place.data_root = cache_dir() / "docker";
  place.run_dir = state_dir() / "docker";
  place.tag = fmt::format("bench-{:08x}", hash(place.data_root.string()));
  return place;
}

fs::path record_path() {
  return cache_dir() / "docker.json";
}

std::optional<DaemonPlace> read_record() {
  const json record = json::parse(file_text(record_path()), nullptr, false);
  if (!record.is_object()) return std::nullopt;
  try {
    DaemonPlace place = new_place();
    place.run_dir = record.at("run_dir").get<std::string>();
    place.pid = record.at("pid").get<pid_t>();
    place.pid_start = record.at("pid_start").get<std::uint64_t>();
    place.containerd = record.at("containerd").get<pid_t>();
    place.containerd_start = record.at("containerd_start").get<std::uint64_t>();
    // What is removed later is removed by this name.
    if (!place.run_dir.is_absolute() || place.run_dir.filename() != "docker") return std::nullopt;
    return place;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

void write_record(const DaemonPlace& place) {
  const json record{{"run_dir", place.run_dir.string()},
                    {"pid", place.pid},
                    {"pid_start", place.pid_start},
                    {"containerd", place.containerd},
                    {"containerd_start", place.containerd_start}};
  write_file_atomically(record_path(), record.dump(2) + "\n");
}

bool process_lives(pid_t pid, std::uint64_t start) {
  if (pid <= 0 || process_start_time(pid) != start) return false;
  const std::string stat = file_text("/proc/" + std::to_string(pid) + "/stat");
  const auto close = stat.rfind(')');
  return close != std::string::npos && close + 2 < stat.size() && stat[close + 2] != 'Z';
}

std::vector<std::string> end_daemon(const DaemonPlace& place) {
  std::vector<std::string> removed;
  const bool orderly = end_orderly(place.pid, place.pid_start, kOrderlyEnd) &&
                       end_orderly(place.containerd, place.containerd_start, Seconds(3));
  if (const int killed = kill_family(place); killed > 0) {
    removed.push_back(
        fmt::format("{} process{} of a private Docker daemon", killed, killed == 1 ? "" : "es"));
  }
  if (!orderly) reap(place.pid), reap(place.containerd);
  remove_shim_sockets(place);
  if (const int mounts = unmount_below(place); mounts > 0) {
    removed.push_back(
        fmt::format("{} mount{} below {}", mounts, mounts == 1 ? "" : "s", place.data_root.string()));
  }
  remove_bridge(place.tag);
  remove_cgroups(place.tag);
  remove_fixed_directories();
  std::error_code ignored;
  fs::remove_all(place.run_dir, ignored);
  fs::remove(record_path(), ignored);
  return removed;
}

}  // namespace bench
