#include "drivers/docker/processes.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "bench/base/procfs.h"
#include "bench/core/process_role.h"
#include "drivers/common/process_table.h"

namespace bench {

namespace {

namespace fs = std::filesystem;

/// rootlesskit-docker-proxy, as the kernel cuts it.
constexpr const char* kRootlessProxy = "rootlesskit-doc";
constexpr int kRootlessDepth = 8;

bool follows(const std::vector<std::string>& words, const std::string& option, const std::string& value) {
  const auto found = std::find(words.begin(), words.end(), option);
  return found != words.end() && found + 1 != words.end() && found[1] == value;
}

}  // namespace

std::vector<HostProcess> container_processes(pid_t init, const std::string& container_id,
                                             std::uint16_t host_port) {
  const auto table = living_processes();
  const auto first = table.find(init);
  if (init <= 0 || first == table.end()) return {};
  const auto above = table.find(first->second.parent);
  // The monitor has the container's id on its command line: proof that this pid is the container's.
  if (above == table.end() || !any_word_holds(command_line(above->first), container_id)) return {};

  std::vector<HostProcess> result{{init, role::kApp}};
  for (std::size_t i = 0; i < result.size(); ++i) {
    for (const auto& [pid, process] : table) {
      if (process.parent == result[i].pid) result.push_back({pid, role::kApp});
    }
  }
  result.push_back({above->first, role::kShim});
  for (const auto& [pid, process] : table) {
    if (host_port != 0 && (process.name == "docker-proxy" || process.name == kRootlessProxy) &&
        follows(command_line(pid), "-host-port", std::to_string(host_port))) {
      result.push_back({pid, role::kProxy});
    }
  }
  return result;
}

std::vector<HostProcess> rootless_processes(const std::map<pid_t, LivingProcess>& table, pid_t daemon) {
  // rootlesskit starts itself again as /proc/self/exe inside its namespaces, and that one starts dockerd.
  std::vector<HostProcess> result;
  pid_t outermost = 0;
  auto process = table.find(daemon);
  std::vector<pid_t> between;
  for (int depth = 0; process != table.end() && depth < kRootlessDepth; ++depth) {
    process = table.find(process->second.parent);
    if (process == table.end()) break;
    between.push_back(process->first);
    if (process->second.name != "rootlesskit") continue;
    outermost = process->first;
    for (const pid_t pid : between) result.push_back({pid, role::kProxy});
    between.clear();
  }
  if (outermost == 0) return {};
  for (const auto& [pid, other] : table) {
    const bool network = other.name == "slirp4netns" || other.name == "pasta" || other.name == "vpnkit";
    if (network && other.parent == outermost) result.push_back({pid, role::kProxy});
  }
  return result;
}

std::vector<HostProcess> daemon_processes(const fs::path& socket) {
  const auto table = living_processes();
  const auto named = [&table](const std::string& name) -> std::optional<pid_t> {
    for (const auto& [pid, process] : table) {
      if (process.name == name) return pid;
    }
    return std::nullopt;
  };
  std::vector<HostProcess> result;
  std::optional<pid_t> daemon = listening_process(socket);
  // Under socket activation it was init who called listen().
  if (daemon && *daemon == 1) daemon = named("dockerd");
  const auto found = daemon ? table.find(*daemon) : table.end();
  if (found == table.end()) return result;
  result.push_back({*daemon, found->second.name});
  for (const HostProcess& process : rootless_processes(table, *daemon)) result.push_back(process);
  for (const auto& [pid, process] : table) {
    if (process.parent == *daemon && process.name == "containerd") {
      result.push_back({pid, "containerd"});
      return result;
    }
  }
  // A containerd that is a service of its own.
  const std::vector<std::string> words = command_line(*daemon);
  fs::path address = "/run/containerd/containerd.sock";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with("--containerd=")) address = words[i].substr(std::strlen("--containerd="));
    if (words[i] == "--containerd" && i + 1 < words.size()) address = words[i + 1];
  }
  if (found->second.name != "dockerd") return result;
  if (const auto containerd = listening_process(address); containerd && *containerd != 1) {
    result.push_back({*containerd, "containerd"});
  }
  return result;
}

}  // namespace bench
