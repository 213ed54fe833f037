#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// Where a private daemon is and what it is called; written down before anything of it is made, so that
/// whatever a killed process leaves can be found.
struct DaemonPlace {
  std::filesystem::path data_root;  ///< images, kept
  std::filesystem::path run_dir;    ///< everything else, goes with the daemon
  std::string tag;                  ///< of its bridge and its cgroup: "bench-1a2b3c4d"

  pid_t pid = 0;  ///< of dockerd; 0: not started yet
  std::uint64_t pid_start = 0;
  pid_t containerd = 0;
  std::uint64_t containerd_start = 0;

  [[nodiscard]] std::filesystem::path socket() const { return run_dir / "docker.sock"; }
  [[nodiscard]] std::filesystem::path containerd_socket() const { return run_dir / "containerd.sock"; }
  [[nodiscard]] std::filesystem::path log() const { return run_dir / "dockerd.log"; }
};

/// The place that this process would use: below cache_dir() and state_dir().
DaemonPlace new_place();

/// The record lies beside the data root, so that everybody who would use that data root sees it.
std::filesystem::path record_path();
/// Nothing when there is no record, or one that is not to be trusted: a file that others may write, or one
/// that names a directory without our mark. Processes in it that do not work for that place are left out.
std::optional<DaemonPlace> read_record();
void write_record(const DaemonPlace& place);

/// Makes data root and run directory, marked as ours; what an earlier daemon left of the latter goes first.
/// Throws Error{kUnavailable} when there is somebody else's directory of that name: with
/// BENCH_CACHE_DIR=/var/lib the data root would be the system's.
void make_place(const DaemonPlace& place);

/// True when the data root is there and ours.
bool own_data_root(const DaemonPlace& place);

/// True while that very process lives (a zombie does not).
bool process_lives(pid_t pid, std::uint64_t start);

/// Ends dockerd and containerd in order if they live, then removes all that is left of them: containers'
/// processes, shims, mounts, network namespaces, bridge, cgroups, run directory, record. The data root stays.
/// Returns one line per kind of thing that it had to end or remove by force, beyond what an orderly end
/// leaves.
std::vector<std::string> end_daemon(const DaemonPlace& place);

}  // namespace bench
