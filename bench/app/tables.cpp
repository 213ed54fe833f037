#include "bench/app/tables.h"

#include <algorithm>
#include <vector>

#include "bench/report/view/numbers.h"

namespace bench {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '`' || c == '<' || c == '*' || c == '_') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string console_table(const TextTable& table) {
  std::vector<std::size_t> widths(table.header.size());
  const auto measure = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  };
  measure(table.header);
  std::for_each(table.rows.begin(), table.rows.end(), measure);
  std::string text = table.title.empty() ? "" : table.title + "\n";
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      line += "  " + (table.align[i] == 'r' ? padding + row[i] : row[i] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add(table.header);
  std::for_each(table.rows.begin(), table.rows.end(), add);
  for (const std::string& note : table.notes) text += "  " + note + "\n";
  return text;
}

std::string markdown_table(const TextTable& table) {
  std::string text = table.title.empty() ? "" : "## " + escaped(table.title) + "\n\n";
  const auto add = [&](const std::vector<std::string>& row) {
    text += "|";
    for (const std::string& cell : row) text += " " + escaped(cell) + " |";
    text += "\n";
  };
  add(table.header);
  text += "|";
  for (const char align : table.align) text += align == 'r' ? " ---: |" : " --- |";
  text += "\n";
  std::for_each(table.rows.begin(), table.rows.end(), add);
  for (const std::string& note : table.notes) text += "\n" + escaped(note) + "\n";
  return text;
}

}  // namespace bench
