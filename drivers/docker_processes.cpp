#include "drivers/docker_processes.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

namespace bench {

namespace {

namespace fs = std::filesystem;

struct Process {
  pid_t pid = 0, parent = 0;
  std::string name;
};

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All living processes; one that ends meanwhile is left out.
std::map<pid_t, Process> process_table() {
  std::map<pid_t, Process> table;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string number = entry.path().filename();
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = read_all(entry.path() / "stat");
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    std::istringstream fields(stat.substr(close + 1));
    char state = 0;
    Process process;
    if (!(fields >> state >> process.parent) || state == 'Z') continue;
    std::from_chars(number.data(), number.data() + number.size(), process.pid);
    process.name = stat.substr(open + 1, close - open - 1);
    table[process.pid] = process;
  }
  return table;
}

std::vector<std::string> command_line(pid_t pid) {
  const std::string text = read_all("/proc/" + std::to_string(pid) + "/cmdline");
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

bool names(const std::vector<std::string>& words, const std::string& wanted) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(wanted) != std::string::npos; });
}

bool follows(const std::vector<std::string>& words, const std::string& option, const std::string& value) {
  const auto found = std::find(words.begin(), words.end(), option);
  return found != words.end() && found + 1 != words.end() && found[1] == value;
}

/// Who called listen() on that socket.
std::optional<pid_t> listener(const fs::path& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket_path.string();
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0;
  close(fd);
  if (!known) return std::nullopt;
  return peer.pid;
}

}  // namespace

std::vector<HostProcess> container_processes(pid_t init, const std::string& container_id,
                                             std::uint16_t host_port) {
  const auto table = process_table();
  const auto first = table.find(init);
  if (init <= 0 || first == table.end()) return {};
  const auto above = table.find(first->second.parent);
  // The monitor has the container's id on its command line: proof that this pid is the container's.
  if (above == table.end() || !names(command_line(above->first), container_id)) return {};

  std::vector<HostProcess> result{{init, "app"}};
  for (std::size_t i = 0; i < result.size(); ++i) {
    for (const auto& [pid, process] : table) {
      if (process.parent == result[i].pid) result.push_back({pid, "app"});
    }
  }
  result.push_back({above->first, "shim"});
  for (const auto& [pid, process] : table) {
    if (host_port != 0 && process.name == "docker-proxy" &&
        follows(command_line(pid), "-host-port", std::to_string(host_port))) {
      result.push_back({pid, "proxy"});
    }
  }
  return result;
}

std::vector<HostProcess> daemon_processes(const fs::path& socket) {
  const auto table = process_table();
  const auto named = [&table](const std::string& name) -> std::optional<pid_t> {
    for (const auto& [pid, process] : table) {
      if (process.name == name) return pid;
    }
    return std::nullopt;
  };
  std::vector<HostProcess> result;
  std::optional<pid_t> daemon = listener(socket);
  // Under socket activation it was init who called listen().
  if (daemon && *daemon == 1) daemon = named("dockerd");
  const auto found = daemon ? table.find(*daemon) : table.end();
  if (found == table.end()) return result;
  result.push_back({*daemon, found->second.name});
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
  if (const auto containerd = listener(address); containerd && *containerd != 1) {
    result.push_back({*containerd, "containerd"});
  }
  return result;
}

}  // namespace bench
