#include "drivers/common/process_table.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "bench/base/fd.h"
#include "bench/base/files.h"
#include "bench/base/procfs.h"

namespace bench {

std::map<pid_t, LivingProcess> living_processes() {
  std::map<pid_t, LivingProcess> table;
  for (const pid_t pid : all_processes().value_or(std::vector<pid_t>())) {
    const auto stat = process_stat(pid);
    if (stat && stat->state != 'Z') table[pid] = {.parent = stat->parent, .name = stat->name};
  }
  return table;
}

bool any_word_holds(const std::vector<std::string>& words, const std::string& wanted) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(wanted) != std::string::npos; });
}

bool names_path_below(const std::string& word, const std::filesystem::path& directory) {
  const std::string wanted = directory.string() + "/";
  for (auto at = word.find(wanted); at != std::string::npos; at = word.find(wanted, at + 1)) {
    const bool inside_a_path =
        at > 0 && (std::isalnum(static_cast<unsigned char>(word[at - 1])) != 0 ||
                   std::string_view("/._-~+@").find(word[at - 1]) != std::string_view::npos);
    const bool leaves_again = word.find("/../", at) != std::string::npos || word.ends_with("/..");
    if (!inside_a_path && !leaves_again) return true;
  }
  return false;
}

std::vector<ProcessIdentity> processes_below(const std::filesystem::path& directory,
                                             const std::string& program) {
  std::vector<ProcessIdentity> found;
  for (const auto& [pid, process] : living_processes()) {
    // Its start is read before its words: words of a later process with this number do not count for it.
    const auto start = process_start_time(pid);
    const auto words = command_line(pid);
    if (!start || words.empty() || pid == getpid()) continue;
    const bool kind = process.name.starts_with(program) ||
                      std::filesystem::path(words[0]).filename().string().starts_with(program);
    const bool below = std::any_of(words.begin() + 1, words.end(), [&](const std::string& word) {
      return names_path_below(word, directory);
    });
    if (kind && below && process_start_time(pid) == start) found.push_back({pid, *start});
  }
  return found;
}

bool signal_process(const ProcessIdentity& process, int signal) {
  if (process.pid <= 0 || process_start_time(process.pid) != process.start) return false;
  // The descriptor stands for one process for ever; what it stands for is looked at again before the signal.
  const Fd fd(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  if (!fd.open()) {
    // A kernel without it (before 5.3) leaves the few microseconds since the look above.
    return errno == ENOSYS && kill(process.pid, signal) == 0;
  }
  const bool same = process_start_time(process.pid) == process.start;
  return same && syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0) == 0;
}

std::optional<int> end_processes_below(const std::filesystem::path& directory, const std::string& program,
                                       Seconds limit) {
  const Deadline deadline(limit);
  std::set<std::pair<pid_t, std::uint64_t>> ended;
  for (;;) {
    const auto found = processes_below(directory, program);
    if (found.empty()) return static_cast<int>(ended.size());
    if (deadline.expired()) return std::nullopt;
    for (const ProcessIdentity& process : found) {
      if (signal_process(process, SIGKILL)) ended.emplace(process.pid, process.start);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::optional<pid_t> listening_process(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, sizeof address.sun_path - 1);  // the rest is zero
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.open()) return std::nullopt;
  const timeval limit{1, 0};  // a full backlog would block
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0;
  if (!known) return std::nullopt;
  return peer.pid;
}

}  // namespace bench
