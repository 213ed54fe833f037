#include "bench/core/procfs.h"

#include <fstream>
#include <sstream>

#include "bench/core/files.h"

namespace bench {
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

std::optional<std::uint64_t> process_start_time(pid_t pid) {
  const std::string text = file_text("/proc/" + std::to_string(pid) + "/stat");
  // The second field, the name, may hold spaces and brackets: count from its end.
  const auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(end_of_name + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) {
    if (!(fields >> field)) return std::nullopt;
  }
  return std::stoull(field);
}

}  // namespace bench
