#include "bench/measure/start_report.h"

#include <regex>
#include <string>

namespace bench {
namespace {

std::optional<std::string> field(const std::string& line, const char* name, const char* form) {
  std::smatch found;
  const std::regex word(std::string(" ") + name + "=(" + form + ")(?= |$)");
  if (!std::regex_search(line, found, word)) return std::nullopt;
  return found[1].str();
}

}  // namespace

Equivalence read_start_report(std::string_view text) {
  constexpr std::string_view kBegin = "@bench start ";
  const std::size_t begin = text.find(kBegin);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = text.substr(begin + kBegin.size() - 1);
  std::string line(rest.substr(0, rest.find_first_of("\r\n")));
  Equivalence says;
  // The last one, since it alone may hold spaces.
  constexpr std::string_view kPlace = " workdir=";
  if (const std::size_t place = line.find(kPlace); place != std::string::npos) {
    says.workdir = line.substr(place + kPlace.size());
    line.erase(place);
  }
  says.command = field(line, "command", "[0-9a-f]{16}");
  says.environment = field(line, "environment", "[0-9a-f]{16}");
  says.user = field(line, "user", "[0-9]+:[0-9]+(?:\\+[0-9]+)*");
  says.limits = field(line, "limits", "[a-z]+:-?[0-9]+:-?[0-9]+(?:,[a-z]+:-?[0-9]+:-?[0-9]+)*");
  return says;
}

}  // namespace bench
