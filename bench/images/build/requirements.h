#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// One line of requirements.txt and the distribution's package that fulfils it.
struct Requirement {
  std::string name;     ///< as written, without version and extras
  std::string package;  ///< "python3-…"
  bool pinned = false;  ///< a version was asked for; the distribution's is taken
  bool operator==(const Requirement&) const = default;
};

/// Flask is always among them; sorted by package, each once. Throws Error{kUnavailable} naming the line that
/// cannot be a package (a URL, a path, another file).
std::vector<Requirement> parse_requirements(std::string_view text);

}  // namespace bench
