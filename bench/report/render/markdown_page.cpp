#include <fmt/format.h>

#include "bench/report/render/markdown_text.h"
#include "bench/report/render/table.h"
#include "bench/report/render/text.h"

namespace bench {
std::string markdown_page(const Document& document) {
  std::string text = fmt::format("# {}\n\n", markdown_escaped(document.title));
  for (const std::string& banner : document.banners) {
    text += fmt::format("> **{}**\n\n", markdown_escaped(banner));
  }
  for (const std::string& line : document.headlines) text += fmt::format("- {}\n", markdown_escaped(line));
  if (!document.headlines.empty()) text += '\n';
  for (const Section& section : document.sections) {
    text += fmt::format("## {}\n\n", markdown_escaped(section.title));
    for (const std::string& paragraph : section.paragraphs) {
      text += fmt::format("{}\n\n", markdown_escaped(paragraph));
    }
    for (const std::string& bullet : section.bullets) text += fmt::format("- {}\n", markdown_escaped(bullet));
    if (!section.bullets.empty()) text += '\n';
    for (const TextTable& table : section.tables)
      text += markdown_table(table, MarkdownTable::kAligned) + '\n';
  }
  return text + markdown_escaped(document.source) + ".\n";
}

}  // namespace bench
