#include "drivers/libvirt/domain/qemu_log.h"

#include <algorithm>
#include <deque>
#include <fstream>
#include <iterator>

namespace bench {
namespace {

/// Lines of QEMU's log that are there in every guest's life.
bool is_chatter(const std::string& line) {
  static constexpr const char* kUsual[] = {": starting up ", "char device redirected", " is tainted: ",
                                           ": shutting down, reason=", "terminating on signal"};
  return std::any_of(std::begin(kUsual), std::end(kUsual),
                     [&](const char* usual) { return line.find(usual) != std::string::npos; });
}

}  // namespace

std::string last_words_of(const std::filesystem::path& log) {
  std::ifstream in(log);
  std::deque<std::string> lines;
  bool in_command = false;  // libvirt logs the command first, its lines joined by backslashes
  for (std::string line; std::getline(in, line);) {
    const bool continues = line.ends_with("\\");
    if (!in_command && !continues && !line.empty() && !is_chatter(line)) {
      lines.push_back(line);
      if (lines.size() > 5) {
        lines.pop_front();
      }
    }
    in_command = continues;
  }
  std::string text;
  for (const auto& line : lines) {
    text += (text.empty() ? "" : " | ") + line;
  }
  return text;
}

}  // namespace bench
