#include <fmt/format.h>

#include <algorithm>

#include "bench/report/markdown_text.h"
#include "bench/report/numbers.h"
#include "bench/report/side_by_side.h"

namespace bench {
namespace {

void add_csv_table(std::string& text, const TextTable& table) {
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
    for (const TextTable& table : section.tables) add_csv_table(text, table);
  }
  return text + markdown_escaped(document.source) + ".\n";
}

std::string side_by_side_csv(const std::vector<NamedRun>& runs) {
  std::string text;
  for (const NamedRun& named : runs) {
    const std::string rows = summaries_csv(named.run);
    const std::string name = csv_field(named.name);
    for (std::size_t at = 0; at < rows.size();) {
      const std::size_t end = rows.find('\n', at) + 1;  // no field holds a newline
      if (at > 0) {
        text += name + ',' + rows.substr(at, end - at);
      } else if (text.empty()) {
        text = "run," + rows.substr(at, end - at);
      }
      at = end;
    }
  }
  return text;
}

}  // namespace bench
