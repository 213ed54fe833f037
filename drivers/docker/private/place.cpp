#include "drivers/docker/private/place.h"

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
#include <string_view>
#include <thread>

#include "bench/base/clock.h"
#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/own_directory.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"
#include "drivers/common/process_table.h"
#include "drivers/docker/private/bridge.h"

namespace bench {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Seconds kOrderlyEnd{8.0};
constexpr const char* kRunDirSign = "containerd.toml";  // in a run directory without a mark
constexpr const char* kDataSign = "containerd-root";    // in a data root without a mark

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

bool any_word_names(const std::vector<std::string>& words, const fs::path& directory) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return names_path_below(word, directory); });
}

/// Everything that runs for the daemon: known by its own paths on the command line, by descent, by its
/// cgroup.
std::set<pid_t> daemon_family(const DaemonPlace& place) {
  const auto table = living_processes();
  std::set<pid_t> family;
  for (const auto& [pid, process] : table) {
    const bool kind = process.name == "dockerd" || process.name == "containerd" ||
                      process.name.starts_with("containerd-shim");
    if (kind && any_word_names(command_line(pid), place.run_dir)) family.insert(pid);
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
  signal_process({pid, start}, SIGTERM);
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
    constexpr std::string_view kSockets = "unix:///run/containerd/s/";
    const std::string name = address.starts_with(kSockets) ? address.substr(kSockets.size()) : "";
    // Only the last part of a path: nothing leads out of that directory.
    if (!name.empty() && name.find('/') == std::string::npos && name != "." && name != "..") {
      unlink((fs::path("/run/containerd/s") / name).c_str());
    }
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

/// A record names a process by number and start; that it works for us, its arguments must say. One that has
/// ended is nobody's any more.
bool may_be_daemon_of(const DaemonPlace& place, const ProcessIdentity& process) {
  if (!process_lives(process.pid, process.start)) return true;
  const auto words = command_line(process.pid);
  const auto is_program = [](const std::string& word) {
    const std::string name = fs::path(word).filename();
    return name == "dockerd" || name == "containerd";
  };
  return std::any_of(words.begin(), words.end(), is_program) && any_word_names(words, place.run_dir);
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
  // By their real names, so that a mark in them, a mount and a command line can be held against them.
  place.data_root = fs::canonical(cache_dir()) / "docker";
  place.run_dir = fs::canonical(state_dir()) / "docker";
  place.tag = fmt::format("bench-{:08x}", hash(place.data_root.string()));
  return place;
}

fs::path record_path() {
  return cache_dir() / "docker.json";
}

std::optional<DaemonPlace> read_record() {
  // Whoever can write the record would decide what root removes and ends.
  if (!is_own_file(record_path())) return std::nullopt;
  const json record = json::parse(file_text(record_path()), nullptr, false);
  if (!record.is_object()) return std::nullopt;
  try {
    DaemonPlace place = new_place();
    const fs::path named = record.at("run_dir").get<std::string>();
    const ProcessIdentity dockerd{record.at("pid").get<pid_t>(), record.at("pid_start").get<std::uint64_t>()};
    const ProcessIdentity containerd{record.at("containerd").get<pid_t>(),
                                     record.at("containerd_start").get<std::uint64_t>()};
    // Another state directory than ours is possible: several share one store. The mark in it tells.
    const bool usual = named == place.run_dir;
    if (named.filename() != "docker" || !is_own_directory(named, usual ? kRunDirSign : "")) {
      std::error_code error;
      const bool gone = usual && !fs::exists(fs::symlink_status(named, error));
      return gone ? std::optional(place) : std::nullopt;
    }
    place.run_dir = named;
    if (may_be_daemon_of(place, dockerd)) {
      place.pid = dockerd.pid;
      place.pid_start = dockerd.start;
    }
    if (may_be_daemon_of(place, containerd)) {
      place.containerd = containerd.pid;
      place.containerd_start = containerd.start;
    }
    return place;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

void make_place(const DaemonPlace& place) {
  make_own_directory(place.data_root, kDataSign);
  // A run directory of ours without a record that can be trusted: what runs there is found by its paths.
  if (is_own_directory(place.run_dir, kRunDirSign)) end_daemon(place);
  if (!remove_own_directory(place.run_dir, kRunDirSign)) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{} was not made by bench: nothing in it is touched", place.run_dir.string()),
                "set BENCH_STATE_DIR to a directory of bench's own");
  }
  make_own_directory(place.run_dir);
}

bool own_data_root(const DaemonPlace& place) {
  return is_own_directory(place.data_root, kDataSign);
}

void write_record(const DaemonPlace& place) {
  const json record{{"run_dir", place.run_dir.string()},
                    {"pid", place.pid},
                    {"pid_start", place.pid_start},
                    {"containerd", place.containerd},
                    {"containerd_start", place.containerd_start}};
  write_file_atomically(record_path(), record.dump(2) + "\n");
  fs::permissions(record_path(), fs::perms::owner_read | fs::perms::owner_write);  // see read_record
}

bool process_lives(pid_t pid, std::uint64_t start) {
  if (pid <= 0) return false;
  const auto stat = process_stat(pid);
  return stat && stat->start == start && stat->state != 'Z';
}

namespace {

/// containerd's database keeps what it knew of a removed container, its variables too, in pages that are
/// free. Where dockerd stores images itself nothing else is in there. Only once containerd has ended.
void forget_containers(const DaemonPlace& place) {
  if (!own_data_root(place)) return;
  const fs::path root = place.data_root / kDataSign;
  std::error_code none;
  const fs::path blobs = root / "io.containerd.content.v1.content" / "blobs" / "sha256";
  if (fs::directory_iterator(blobs, none) != fs::directory_iterator()) return;  // images are stored by it
  fs::remove(root / "io.containerd.metadata.v1.bolt" / "meta.db", none);
}

}  // namespace

std::vector<std::string> end_daemon(const DaemonPlace& place) {
  std::vector<std::string> removed;
  const bool orderly = end_orderly(place.pid, place.pid_start, kOrderlyEnd) &&
                       end_orderly(place.containerd, place.containerd_start, Seconds(3));
  if (const int killed = kill_family(place); killed > 0) {
    removed.push_back(
        fmt::format("{} process{} of a private Docker daemon", killed, killed == 1 ? "" : "es"));
  }
  if (!orderly) {
    reap(place.pid);
    reap(place.containerd);
  }
  remove_shim_sockets(place);
  if (const int mounts = unmount_below(place); mounts > 0) {
    removed.push_back(
        fmt::format("{} mount{} below {}", mounts, mounts == 1 ? "" : "s", place.data_root.string()));
  }
  forget_containers(place);
  remove_bridge(place.tag);
  remove_cgroups(place.tag);
  remove_fixed_directories();
  std::error_code ignored;
  remove_own_directory(place.run_dir, kRunDirSign);
  fs::remove(record_path(), ignored);
  return removed;
}

}  // namespace bench
