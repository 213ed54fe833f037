#include "bench/base/procfs.h"

#include <charconv>
#include <fstream>
#include <sstream>

#include "bench/base/files.h"

namespace bench {

namespace fs = std::filesystem;
namespace {

/// "\040" and the like.
std::string unescaped(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

std::vector<MountEntry> read_mounts(const std::filesystem::path& sysroot) {
  std::vector<MountEntry> mounts;
  std::ifstream file(sysroot / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const auto dash = line.find(" - ");  // before it a varying number of optional fields
    if (dash == std::string::npos) continue;
    std::istringstream left(line.substr(0, dash)), right(line.substr(dash + 3));
    std::string id, parent;
    MountEntry mount;
    if (left >> id >> parent >> mount.device >> mount.root >> mount.point &&
        right >> mount.type >> mount.source) {
      right >> mount.options;
      mount.root = unescaped(mount.root);
      mount.point = unescaped(mount.point);
      mount.source = unescaped(mount.source);
      mounts.push_back(std::move(mount));
    }
  }
  return mounts;
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const auto open = text.find('(');
  const auto close = text.rfind(')');  // the last one: the name may hold others
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  ProcessStat stat;
  stat.name = text.substr(open + 1, close - open - 1);
  std::istringstream fields{std::string(text.substr(close + 1))};
  if (!(fields >> stat.state >> stat.parent >> stat.group)) return std::nullopt;
  // Field 5 was the group; utime, stime, cutime, cstime are 14 to 17, the start time is 22.
  std::string skipped;
  for (int number = 6; number <= 13; ++number) fields >> skipped;
  for (int number = 14; number <= 17; ++number) {
    std::uint64_t ticks = 0;
    fields >> ticks;
    stat.ticks += ticks;
  }
  for (int number = 18; number <= 21; ++number) fields >> skipped;
  if (!(fields >> stat.start)) return std::nullopt;
  return stat;
}

std::optional<ProcessStat> process_stat(pid_t pid, const fs::path& sysroot) {
  return parse_process_stat(file_text(sysroot / "proc" / std::to_string(pid) / "stat"));
}

std::optional<std::vector<pid_t>> all_processes(const fs::path& sysroot) {
  std::error_code failed;
  fs::directory_iterator entries(sysroot / "proc", failed);
  if (failed) return std::nullopt;
  std::vector<pid_t> found;
  for (; entries != fs::directory_iterator(); entries.increment(failed)) {
    if (failed) break;
    const std::string name = entries->path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) found.push_back(pid);
  }
  return found;
}

std::vector<std::string> command_line(pid_t pid, const fs::path& sysroot) {
  std::vector<std::string> words;
  std::istringstream stream(file_text(sysroot / "proc" / std::to_string(pid) / "cmdline"));
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

std::optional<std::string> cpuinfo(const std::string& key, const fs::path& sysroot) {
  std::istringstream in(file_text(sysroot / "proc/cpuinfo"));
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    name.erase(name.find_last_not_of(" \t") + 1);
    if (name != key) continue;
    const auto start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? std::string() : line.substr(start);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> process_start_time(pid_t pid) {
  const auto stat = process_stat(pid);
  if (!stat) return std::nullopt;
  return stat->start;
}

}  // namespace bench
