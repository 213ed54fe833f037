#include "bench/report/render/markdown_text.h"

#include "bench/report/view/numbers.h"

namespace bench {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string markdown_escaped(std::string_view outside) {
  const std::string text = one_line(outside);
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool first = i == 0;
    const bool markup = std::string_view("\\|`*~").find(c) != std::string_view::npos ||
                        (first && (c == '#' || c == '>' || ((c == '+' || c == '-') && next == ' '))) ||
                        (c == '_' && (first || !is_word(text[i - 1]) || !is_word(next))) ||
                        (c == ']' && std::string_view("([:").find(next) != std::string_view::npos);
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += markup ? "\\" : "";
      safe += c;
    }
  }
  return safe;
}

}  // namespace bench
