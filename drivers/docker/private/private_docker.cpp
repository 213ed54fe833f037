#include "drivers/docker/private/private_docker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "bench/base/clock.h"
#include "bench/base/error.h"
#include "bench/base/file_lock.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"
#include "bench/base/subprocess.h"
#include "bench/net/http.h"
#include "drivers/docker/private/bridge.h"
#include "drivers/docker/private/place.h"

namespace bench {

namespace {

namespace fs = std::filesystem;

constexpr Seconds kStartPatience{30.0};
constexpr auto kPoll = std::chrono::milliseconds(5);

FileLock lock_of(const fs::path& path) {
  return {path, "make its directory writable, or set BENCH_CACHE_DIR"};
}

void wait_for(const FileLock& lock, FileLock::Kind kind, Seconds patience, const std::stop_token& stop) {
  if (lock.wait(kind, kPoll, patience, stop)) return;
  throw Error(ErrorCode::kUnavailable,
              "another bench process has been starting or stopping the private Docker daemon for too long",
              "end that process, then run bench clean");
}

/// Held while a daemon is being started or stopped.
fs::path gate_path() {
  return cache_dir() / "docker.gate";
}
/// Held, shared, by everybody who uses the daemon.
fs::path users_path() {
  return cache_dir() / "docker.users";
}

bool answers(const fs::path& socket, Seconds patience) {
  try {
    return http_request(socket, {.path = "/_ping", .timeout = patience}).status == 200;
  } catch (const Error&) {
    return false;
  }
}

/// Nobody uses the daemon: every container in it is a leftover.
void remove_all_containers(const fs::path& socket) {
  const HttpRequest list{.path = "/containers/json?all=1", .timeout = Seconds(10)};
  const HttpResponse response = http_request(socket, list);
  const auto containers = nlohmann::json::parse(response.body, nullptr, false);
  if (response.status != 200 || !containers.is_array()) return;
  for (const auto& container : containers) {
    http_request(socket, {.method = "DELETE",
                          .path = "/containers/" + container.value("Id", "") + "?force=1&v=1",
                          .timeout = Seconds(20)});
  }
}

std::string log_tail(const fs::path& log) {
  std::ifstream file(log);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    if (lines.size() > 5) lines.pop_front();
  }
  std::string text;
  for (const auto& line : lines) text += "\n  " + line.substr(0, 400);
  return text.empty() ? " (its log is empty)" : text;
}

/// Waits until `ready`; throws when the process ends first, the time is up or `stop` fires.
template <typename Ready>
void await(const char* what, const DaemonPlace& place, pid_t pid, Ready ready, const std::stop_token& stop) {
  const Deadline deadline(kStartPatience);
  while (!ready()) {
    if (stop.stop_requested())
      throw Error(ErrorCode::kInterrupted, fmt::format("interrupted while {} started", what));
    int status = 0;
    const bool ended = waitpid(pid, &status, WNOHANG) == pid;
    if (ended || deadline.expired()) {
      throw Error(
          ErrorCode::kUnavailable,
          fmt::format("a private {} did not start: {}; the end of its log:{}", what,
                      ended ? fmt::format("it ended with {}",
                                          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status))
                            : fmt::format("no answer within {:g} s", kStartPatience.count()),
                      log_tail(place.log())),
          "start the system's Docker daemon, or see whether containers may run on this machine at all");
    }
    std::this_thread::sleep_for(kPoll);
  }
}

/// PATH for programs that live in sbin, whoever called us; NOTIFY_SOCKET is not meant for the daemon.
std::vector<std::string> in_clean_environment(std::vector<std::string> argv) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> result{
      "env",
      "-u",
      "NOTIFY_SOCKET",
      "-u",
      "DOCKER_HOST",
      fmt::format("PATH={}:/usr/sbin:/usr/bin:/sbin:/bin", path != nullptr ? path : "/usr/local/bin")};
  result.insert(result.end(), argv.begin(), argv.end());
  return result;
}

std::string quoted(const fs::path& path) {
  return nlohmann::json(path.string()).dump();
}

void start_containerd(DaemonPlace& place, const std::stop_token& stop) {
  // One of our own even if the system has one: containers of ours have no place in it. What dockerd does not
  // use is switched off: Kubernetes' interface by its names in containerd 1 and 2, and what needs devices or
  // modules.
  write_file_atomically(
      place.run_dir / "containerd.toml",
      fmt::format("version = 2\nroot = {}\nstate = {}\noom_score = 0\n"
                  "disabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.cri.v1.images\", "
                  "\"io.containerd.cri.v1.runtime\", \"io.containerd.snapshotter.v1.aufs\", "
                  "\"io.containerd.snapshotter.v1.btrfs\", \"io.containerd.snapshotter.v1.devmapper\", "
                  "\"io.containerd.snapshotter.v1.zfs\"]\n"
                  "[grpc]\naddress = {}\n",
                  quoted(place.data_root / "containerd-root"), quoted(place.run_dir / "containerd"),
                  quoted(place.containerd_socket())));
  place.containerd = spawn_daemon(
      in_clean_environment(
          {"containerd", "--config", (place.run_dir / "containerd.toml").string(), "--log-level", "warn"}),
      place.log());
  place.containerd_start = process_start_time(place.containerd).value_or(0);
  write_record(place);
  std::error_code ignored;
  await(
      "containerd", place, place.containerd, [&] { return fs::exists(place.containerd_socket(), ignored); },
      stop);
}

void start_dockerd(DaemonPlace& place, const std::stop_token& stop) {
  write_file_atomically(place.run_dir / "daemon.json", "{}\n");  // in place of the system's
  // What dockerd remembers of its networks is of an earlier bridge: it would give ours that one's address,
  // which by now may be somebody else's.
  std::error_code ignored;
  fs::remove(place.data_root / "network" / "files" / "local-kv.db", ignored);
  place.pid = spawn_daemon(
      in_clean_environment(
          {"dockerd", "--config-file", (place.run_dir / "daemon.json").string(), "--data-root",
           place.data_root.string(), "--exec-root", (place.run_dir / "exec").string(), "--pidfile",
           (place.run_dir / "docker.pid").string(), "--host", "unix://" + place.socket().string(),
           "--containerd=" + place.containerd_socket().string(), "--bridge", place.tag,
           // Published ports go through docker-proxy alone: no rule of the host's firewall and no
           // forwarding switch is touched.
           "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
           "--userland-proxy=true", "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent",
           "/" + place.tag, "--shutdown-timeout", "5", "--log-level", "warn"}),
      place.log());
  place.pid_start = process_start_time(place.pid).value_or(0);
  write_record(place);
  await(
      "dockerd", place, place.pid,
      [&] { return fs::exists(place.socket(), ignored) && answers(place.socket(), Seconds(5)); }, stop);
}

DaemonPlace start_daemon(const std::stop_token& stop) {
  DaemonPlace place = new_place();
  make_place(place);
  write_record(place);
  try {
    make_bridge(place.tag);
    start_containerd(place, stop);
    start_dockerd(place, stop);
  } catch (const fs::filesystem_error& error) {
    end_daemon(place);
    throw Error(ErrorCode::kIo, std::string("a private Docker daemon has no place to run: ") + error.what(),
                "set BENCH_CACHE_DIR and BENCH_STATE_DIR to directories that can be written");
  } catch (...) {
    end_daemon(place);
    throw;
  }
  return place;
}

std::optional<DaemonPlace> answering_daemon() {
  auto place = read_record();
  if (place && process_lives(place->pid, place->pid_start) && answers(place->socket(), Seconds(5)))
    return place;
  return std::nullopt;
}

}  // namespace

std::optional<PrivateDockerObstacle> private_docker_obstacle() {
  for (const char* program : {"dockerd", "containerd", "runc", "docker-proxy"}) {
    if (!have_program(program)) {
      return PrivateDockerObstacle{
          fmt::format("{} is not installed", program),
          "install Docker (apt-get install docker.io), or start the daemon that is installed"};
    }
  }
  if (geteuid() != 0) {
    return PrivateDockerObstacle{"only root can start one",
                                 "start the Docker daemon (systemctl start docker), or run bench as root"};
  }
  return std::nullopt;
}

std::unique_ptr<PrivateDocker> PrivateDocker::acquire(const std::function<void(const std::string&)>& progress,
                                                      std::stop_token stop) {
  if (const auto obstacle = private_docker_obstacle()) {
    throw Error(ErrorCode::kUnavailable, "a private Docker daemon cannot be started: " + obstacle->text,
                obstacle->remedy);
  }
  const FileLock gate = lock_of(gate_path());
  wait_for(gate, FileLock::Kind::kAlone, kStartPatience, stop);
  FileLock users = lock_of(users_path());
  const bool alone = users.attempt();
  auto place = answering_daemon();
  if (!place) {
    if (const auto dead = read_record()) end_daemon(*dead);
    if (progress) progress("starting a private Docker daemon");
    place = start_daemon(stop);
  }
  if (alone) remove_all_containers(place->socket());
  wait_for(users, FileLock::Kind::kShared, kStartPatience, stop);
  std::unique_ptr<PrivateDocker> handle(new PrivateDocker);
  handle->socket_ = place->socket();
  handle->users_lock_ = users.release();
  return handle;
}

PrivateDocker::~PrivateDocker() {
  const FileLock users{Fd(users_lock_)};
  try {
    const FileLock gate = lock_of(gate_path());
    wait_for(gate, FileLock::Kind::kAlone, Seconds(10), {});
    if (!users.attempt()) return;  // somebody else still works with it
    if (const auto place = read_record()) {
      if (process_lives(place->pid, place->pid_start)) {
        try {
          remove_all_containers(place->socket());
        } catch (const Error&) {
          // It hangs or dies: ended by force below.
        }
      }
      end_daemon(*place);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: could not stop the private Docker daemon: %s\n", error.what());
  }
}

std::optional<fs::path> running_private_docker() {
  if (const auto place = answering_daemon()) return place->socket();
  return std::nullopt;
}

namespace {

std::vector<std::string> end_unused_daemon(bool force) {
  const auto place = read_record();
  if (!place) return {};
  const FileLock gate = lock_of(gate_path());
  wait_for(gate, FileLock::Kind::kAlone, Seconds(10), {});
  const FileLock users = lock_of(users_path());
  if (!users.attempt() && !force) return {};
  std::vector<std::string> removed;
  if (process_lives(place->pid, place->pid_start)) {
    removed.push_back(fmt::format("a private Docker daemon (pid {})", place->pid));
    try {
      remove_all_containers(place->socket());
    } catch (const Error&) {
      // It hangs: ended by force below.
    }
  }
  for (auto& line : end_daemon(*place)) removed.push_back(std::move(line));
  if (removed.empty()) removed.push_back("the record of a private Docker daemon that had ended");
  return removed;
}

/// What is left of containers in a daemon's store.
struct StoredContainers {
  bool known = false;          ///< there is one that a daemon would know
  std::vector<fs::path> torn;  ///< directories that no daemon knows
};

/// A daemon that was killed while it wrote a container's configuration does not know the container
/// afterwards. Young directories are left alone: another daemon on the same store may be writing one.
StoredContainers stored_containers(const fs::path& store) {
  constexpr std::chrono::minutes kYoung{5};
  StoredContainers found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(store, ignored)) {
    if (fs::exists(entry.path() / "config.v2.json", ignored)) {
      found.known = true;
    } else if (fs::file_time_type::clock::now() - fs::last_write_time(entry.path(), ignored) > kYoung) {
      found.torn.push_back(entry.path());
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> clean_private_docker(bool force) {
  std::vector<std::string> removed = end_unused_daemon(force);
  // Containers whose daemon was killed with them are files now; only a daemon can take them out of its store.
  std::error_code ignored;
  if (read_record()) return removed;  // somebody works with it
  const DaemonPlace place = new_place();
  if (!own_data_root(place)) return removed;
  const StoredContainers stored = stored_containers(place.data_root / "containers");
  for (const fs::path& torn : stored.torn) {
    fs::remove_all(torn, ignored);
    removed.emplace_back("half a container of a Docker daemon that was killed");
  }
  if (stored.known && !private_docker_obstacle()) {
    PrivateDocker::acquire();
    removed.emplace_back("containers stored by a private Docker daemon");
  }
  return removed;
}

}  // namespace bench
