#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "bench/base/lists.h"
#include "bench/report/render/latex.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

/// What has a meaning in LaTeX, and what its default font encoding shows as something else.
std::string_view ascii_as_latex(char c) {
  switch (c) {
    case '\\':
      return "\\textbackslash{}";
    case '{':
      return "\\{";
    case '}':
      return "\\}";
    case '$':
      return "\\$";
    case '&':
      return "\\&";
    case '#':
      return "\\#";
    case '%':
      return "\\%";
    case '_':
      return "\\_";
    case '^':
      return "\\textasciicircum{}";
    case '~':
      return "\\textasciitilde{}";
    case '<':
      return "\\textless{}";
    case '>':
      return "\\textgreater{}";
    case '|':
      return "\\textbar{}";
    case '"':
      return "{\\char34}";  // not '"': babel gives it a meaning in some languages
    case '`':
      return "\\textasciigrave{}";
    default:
      return {};
  }
}

using Sign = std::pair<std::uint32_t, std::string_view>;

constexpr std::array<Sign, 35> kSigns = {{
    {0x00a0, "~"},
    {0x00a7, "\\S{}"},
    {0x00ab, "\\guillemotleft{}"},
    {0x00b0, "$^\\circ$"},
    {0x00b1, "$\\pm$"},
    {0x00b2, "$^2$"},
    {0x00b3, "$^3$"},
    {0x00b5, "$\\mu$"},
    {0x00b7, "$\\cdot$"},
    {0x00bb, "\\guillemotright{}"},
    {0x00bd, "$\\frac{1}{2}$"},
    {0x00d7, "$\\times$"},
    {0x00f7, "$\\div$"},
    {0x03b1, "$\\alpha$"},
    {0x03b2, "$\\beta$"},
    {0x03bb, "$\\lambda$"},
    {0x03bc, "$\\mu$"},
    {0x03c3, "$\\sigma$"},
    {0x2010, "-"},
    {0x2011, "-"},
    {0x2013, "--"},
    {0x2014, "---"},
    {0x2018, "`"},
    {0x2019, "'"},
    {0x201c, "``"},
    {0x201d, "''"},
    {0x2022, "\\textbullet{}"},
    {0x2026, "\\ldots{}"},
    {0x202f, "\\,"},
    {0x2190, "$\\leftarrow$"},
    {0x2192, "$\\rightarrow$"},
    {0x2212, "$-$"},
    {0x2248, "$\\approx$"},
    {0x2264, "$\\leq$"},
    {0x2265, "$\\geq$"},
}};

/// Letters that the default encoding cannot put together from a letter and an accent.
bool needs_other_encoding(std::uint32_t code) {
  constexpr std::array<std::uint32_t, 16> kLetters = {0x00d0, 0x00de, 0x00f0, 0x00fe, 0x0104, 0x0105,
                                                      0x0110, 0x0111, 0x0118, 0x0119, 0x012e, 0x012f,
                                                      0x014a, 0x014b, 0x0172, 0x0173};
  return contains(kLetters, code);
}

bool is_letter(std::uint32_t code) {
  // Latin-1's letters and Latin Extended-A, without what few fonts have (0x126–0x12b, 0x132–0x138, 0x13f…).
  const bool latin = (code >= 0xc0 && code <= 0xff) || (code >= 0x100 && code <= 0x125) ||
                     (code >= 0x139 && code <= 0x13e) || (code >= 0x141 && code <= 0x148) ||
                     (code >= 0x150 && code <= 0x165) || (code >= 0x16e && code <= 0x17e);
  return latin && !needs_other_encoding(code);
}

/// The code point of the sequence at the start of valid UTF-8, and its length.
std::pair<std::uint32_t, std::size_t> decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint32_t first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t code = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6U | (byte(i) & 0x3fU);
  return {code, length};
}

/// Adds what follows, kept apart where the two would melt into one sign: "--rounds" has two hyphens, no dash.
void append(std::string& text, std::string_view more) {
  const bool melts = !text.empty() && !more.empty() && text.back() == more.front() &&
                     std::string_view("-,'`").find(more.front()) != std::string_view::npos;
  text += melts ? "{}" : "";
  text += more;
}

}  // namespace

std::string latex_escaped(std::string_view text) {
  const std::string clean = one_line(text);  // valid UTF-8 from here on
  std::string_view rest = clean;
  std::string safe;
  while (!rest.empty()) {
    const auto [code, length] = decode(rest);
    const std::string_view sequence = rest.substr(0, length);
    rest.remove_prefix(length);
    if (code < 0x80) {
      const std::string_view special = ascii_as_latex(sequence[0]);
      append(safe, special.empty() ? sequence : special);
      continue;
    }
    const auto* sign = find_where(kSigns, [code = code](const Sign& row) { return row.first == code; });
    if (sign != nullptr) {
      append(safe, sign->second);
    } else if (is_letter(code)) {
      safe += sequence;
    } else {
      safe += fmt::format("[U+{:04X}]", code);
    }
  }
  return safe;
}

}  // namespace bench
