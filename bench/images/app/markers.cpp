#include "bench/images/app/markers.h"

#include <sys/utsname.h>

#include <cctype>
#include <vector>

#include "bench/images/app/versions.h"

namespace bench {

namespace {

/// What is not understood ends the reading, wherever in the marker it stands.
struct NotAMarker {};

struct MarkerToken {
  enum class Kind { kText, kName, kOperator, kEnd } kind = Kind::kEnd;
  std::string text{};
};

std::vector<MarkerToken> marker_tokens(std::string_view text) {
  using Kind = MarkerToken::Kind;
  std::vector<MarkerToken> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    std::size_t end = i + 1;
    if (std::isspace(c) != 0) {
      i = end;
      continue;
    }
    if (c == '"' || c == '\'') {
      end = text.find(text[i], i + 1);
      if (end == std::string_view::npos) throw NotAMarker();
      tokens.push_back({Kind::kText, std::string(text.substr(i + 1, end - i - 1))});
      ++end;
    } else if (std::isalpha(c) != 0) {
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                                   text[end] == '_' || text[end] == '.')) {
        ++end;
      }
      tokens.push_back({Kind::kName, std::string(text.substr(i, end - i))});
    } else {
      while (c != '(' && c != ')' && end < text.size() && (text[end] == '=' || text[end] == '~')) ++end;
      tokens.push_back({Kind::kOperator, std::string(text.substr(i, end - i))});
    }
    i = end;
  }
  tokens.emplace_back();
  return tokens;
}

class MarkerReader {
 public:
  MarkerReader(std::string_view text, const MarkerEnvironment& environment)
      : tokens_(marker_tokens(text)), environment_(environment) {}

  bool whole() {
    const bool holds = any_of();
    if (token().kind != MarkerToken::Kind::kEnd) throw NotAMarker();
    return holds;
  }

 private:
  struct Operand {
    std::string value;
    bool version;  ///< of a variable that is compared as versions are
    bool known;
  };

  [[nodiscard]] const MarkerToken& token() const { return tokens_[at_]; }

  bool took(std::string_view word) {
    if (token().kind == MarkerToken::Kind::kEnd || token().kind == MarkerToken::Kind::kText ||
        token().text != word)
      return false;
    ++at_;
    return true;
  }

  bool any_of() {
    bool holds = all_of();
    while (took("or")) {
      const bool next = all_of();
      holds = holds || next;
    }
    return holds;
  }

  bool all_of() {
    bool holds = one();
    while (took("and")) {
      const bool next = one();
      holds = holds && next;
    }
    return holds;
  }

  bool one() {
    if (took("(")) {
      if (++depth_ > 50) throw NotAMarker();
      const bool holds = any_of();
      if (!took(")")) throw NotAMarker();
      --depth_;
      return holds;
    }
    const Operand left = operand();
    std::string op = token().text;
    if (token().kind == MarkerToken::Kind::kText || token().kind == MarkerToken::Kind::kEnd)
      throw NotAMarker();
    ++at_;
    if (op == "not") {
      if (!took("in")) throw NotAMarker();
      op = "not in";
    }
    const Operand right = operand();
    if (!left.known || !right.known) throw NotAMarker();
    return compared(left, op, right);
  }

  Operand operand() {
    const MarkerToken found = token();
    if (found.kind == MarkerToken::Kind::kText) {
      ++at_;
      return {found.text, false, true};
    }
    if (found.kind != MarkerToken::Kind::kName) throw NotAMarker();
    const auto variable = environment_.find(found.text);
    if (variable == environment_.end()) throw NotAMarker();
    ++at_;
    const bool version = found.text.ends_with("_version") && found.text != "platform_version";
    return {variable->second, version, !version || !variable->second.empty()};
  }

  static bool compared(const Operand& left, const std::string& op, const Operand& right) {
    if (op == "in" || op == "not in") {
      return (right.value.find(left.value) != std::string::npos) == (op == "in");
    }
    if (left.version || right.version) {
      // A literal on the left turns the sides around: '3.10' > python_version.
      static const std::map<std::string, std::string> turned = {
          {"<", ">"}, {">", "<"}, {"<=", ">="}, {">=", "<="}};
      const auto other = turned.find(op);
      const auto holds =
          left.version ? satisfies(left.value, op + right.value)
                       : satisfies(right.value, (other == turned.end() ? op : other->second) + left.value);
      if (!holds) throw NotAMarker();
      return *holds;
    }
    if (op == "==" || op == "===") return left.value == right.value;
    if (op == "!=") return left.value != right.value;
    if (op == "<") return left.value < right.value;
    if (op == ">") return left.value > right.value;
    if (op == "<=") return left.value <= right.value;
    if (op == ">=") return left.value >= right.value;
    throw NotAMarker();
  }

  std::vector<MarkerToken> tokens_;
  const MarkerEnvironment& environment_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

MarkerEnvironment marker_environment(const std::string& version) {
  utsname system{};
  uname(&system);
  const std::string full = version.empty() ? "" : version + ".0";
  return {{"os_name", "posix"},
          {"os.name", "posix"},
          {"sys_platform", "linux"},
          {"sys.platform", "linux"},
          {"platform_system", "Linux"},
          {"platform_machine", system.machine},
          {"platform.machine", system.machine},
          {"platform_release", system.release},
          {"platform_version", system.version},
          {"platform_python_implementation", "CPython"},
          {"python_implementation", "CPython"},
          {"implementation_name", "cpython"},
          {"implementation_version", full},
          {"python_version", version},
          {"python_full_version", full},
          {"extra", ""}};
}

std::optional<bool> marker_holds(std::string_view marker, const MarkerEnvironment& environment) {
  try {
    return MarkerReader(marker, environment).whole();
  } catch (const NotAMarker&) {
    return std::nullopt;
  }
}

}  // namespace bench
