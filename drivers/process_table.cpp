#include "drivers/process_table.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <system_error>

#include "bench/core/files.h"

namespace bench {

std::map<pid_t, LivingProcess> living_processes() {
  std::map<pid_t, LivingProcess> table;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string number = entry.path().filename();
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = file_text(entry.path() / "stat");
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    std::istringstream fields(stat.substr(close + 1));
    char state = 0;
    LivingProcess process;
    if (!(fields >> state >> process.parent) || state == 'Z') continue;
    process.name = stat.substr(open + 1, close - open - 1);
    pid_t pid = 0;
    std::from_chars(number.data(), number.data() + number.size(), pid);
    table[pid] = std::move(process);
  }
  return table;
}

std::vector<std::string> command_line(pid_t pid) {
  std::vector<std::string> words;
  std::istringstream stream(file_text("/proc/" + std::to_string(pid) + "/cmdline"));
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

bool any_word_holds(const std::vector<std::string>& words, const std::string& wanted) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(wanted) != std::string::npos; });
}

std::optional<pid_t> listening_process(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, sizeof address.sun_path - 1);  // the rest is zero
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  const timeval limit{1, 0};  // a full backlog would block
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0;
  ::close(fd);
  if (!known) return std::nullopt;
  return peer.pid;
}

}  // namespace bench
