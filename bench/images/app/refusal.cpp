#include "bench/images/app/refusal.h"

#include <regex>

#include "bench/base/error.h"

namespace bench {

void refuse_app(const std::string& where, const std::string& what, const std::string& remedy) {
  throw Error(ErrorCode::kUsage, where + ": " + what, remedy);
}

std::string quoted_line(const std::string& text) {
  constexpr std::size_t kMost = 120;
  static const std::regex password("://[^/@[:space:]]*@");
  std::string line = std::regex_replace(text.substr(0, 4096), password, "://…@");
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  if (line.size() <= kMost) return line;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;  // no half a character
  return line.substr(0, end) + "…";
}

}  // namespace bench
