#include <fmt/format.h>

#include <algorithm>

#include "bench/report/render/markdown_text.h"
#include "bench/report/render/text.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

void add_aligned_table(std::string& text, const TextTable& table) {
  std::vector<std::vector<std::string>> rows{table.header};
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  std::vector<std::size_t> widths(table.header.size(), 3);
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = markdown_escaped(row[i]);
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  const auto add_row = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - display_width(row[i]), ' ');
      text += "| " + (table.align[i] == 'l' ? row[i] + space : space + row[i]) + ' ';
    }
    text += "|\n";
  };
  add_row(rows.front());
  for (std::size_t i = 0; i < widths.size(); ++i) {
    text += "| " + std::string(widths[i] - 1, '-') + (table.align[i] == 'l' ? "- " : ": ");
  }
  text += "|\n";
  std::for_each(rows.begin() + 1, rows.end(), add_row);
  for (const std::string& note : table.notes) text += fmt::format("\n{}\n", markdown_escaped(note));
  text += '\n';
}

}  // namespace

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
    for (const TextTable& table : section.tables) add_aligned_table(text, table);
  }
  return text + markdown_escaped(document.source) + ".\n";
}

}  // namespace bench
