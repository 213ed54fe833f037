#include <fmt/format.h>

#include <string>

#include "bench/report/render/html.h"

namespace bench {
namespace {

/// Takes out what stands between `begin` and `end`, both included, wherever it does.
void remove_all(std::string& text, std::string_view begin, std::string_view end) {
  for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos;) {
    const std::size_t stop = text.find(end, at + begin.size());
    text.erase(at, stop == std::string::npos ? std::string::npos : stop + end.size() - at);
  }
}

/// Takes an attribute with its value out of a tag.
void remove_attribute(std::string& tag, std::string_view name) {
  for (const char quote : {'"', '\''}) {
    remove_all(tag, fmt::format(" {}={}", name, quote), std::string_view(&quote, 1));
  }
}

}  // namespace

std::string inline_svg(std::string_view svg, std::string_view name) {
  const std::size_t begin = svg.find("<svg");
  const std::size_t body = svg.find('>', begin);
  const std::size_t end = svg.rfind("</svg>");
  if (begin == std::string_view::npos || body == std::string_view::npos || end == std::string_view::npos ||
      end < body) {
    return {};
  }
  std::string tag(svg.substr(begin, body - begin));
  // The size comes from the page, the proportions from the viewBox; the namespaces are the page's own.
  for (const char* attribute :
       {"width", "height", "xmlns", "xmlns:xlink", "role", "aria-label", "aria-labelledby"}) {
    remove_attribute(tag, attribute);
  }
  std::string inside(svg.substr(body + 1, end - body - 1));
  remove_all(inside, "<title>", "</title>");
  remove_all(inside, "<desc>", "</desc>");
  while (!inside.empty() && inside.front() == '\n') inside.erase(0, 1);
  return fmt::format("{} role=\"img\" aria-label=\"{}\">{}</svg>", tag, html_escaped(name), inside);
}

}  // namespace bench
