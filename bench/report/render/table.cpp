#include "bench/report/render/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "bench/base/lists.h"
#include "bench/report/render/html.h"
#include "bench/report/render/latex.h"
#include "bench/report/render/markdown_text.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

using Row = std::vector<std::string>;

/// A cell with more columns than this is text to be read, not a value to be aligned.
constexpr std::size_t kLongCell = 40;

std::vector<std::size_t> column_widths(const Row& header, const std::vector<Row>& rows, std::size_t least) {
  std::vector<std::size_t> widths(header.size(), least);
  const auto measure = [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  };
  measure(header);
  std::for_each(rows.begin(), rows.end(), measure);
  return widths;
}

/// `cell` filled up to the width of its column.
std::string padded(const std::string& cell, std::size_t width, char align) {
  const std::string space(width - std::min(width, display_width(cell)), ' ');
  return align == 'r' ? space + cell : cell + space;
}

void add_html_row(std::string& page, const Row& row, const std::string& align) {
  page += "<tr>";
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i == 0) {
      page += fmt::format("<th scope=\"row\">{}</th>", html_escaped(row[i]));
      continue;
    }
    const char* kind = align[i] == 'r'                     ? " class=\"n\""
                       : display_width(row[i]) > kLongCell ? " class=\"long\""
                                                           : "";
    page += fmt::format("<td{}>{}</td>", kind, html_escaped(row[i]));
  }
  page += "</tr>\n";
}

/// A column whose cells are sentences gets a width and breaks its lines; the others are as wide as they are.
std::string column_types(const TextTable& table) {
  std::string types;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    const bool is_long = display_width(table.header[i]) > kLongCell ||
                         std::any_of(table.rows.begin(), table.rows.end(), [&](const Row& row) {
                           return i < row.size() && display_width(row[i]) > kLongCell;
                         });
    types += is_long ? "p{0.5\\linewidth}" : std::string(1, table.align[i]);
  }
  return types;
}

void add_latex_row(std::string& text, const Row& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = latex_escaped(cells[i]);
    // After the row before, an opening bracket or a star would be read as its argument.
    const bool guarded = i == 0 && (cell.empty() || cell[0] == '[' || cell[0] == '*');
    text += (i > 0 ? " & " : guarded ? "{}" : "") + cell;
  }
  text += " \\\\\n";
}

}  // namespace

std::vector<std::string> console_rows(const TextTable& table, std::size_t width) {
  std::vector<std::size_t> widths = column_widths(table.header, table.rows, 0);
  // Two spaces before each column.
  while (std::accumulate(widths.begin(), widths.end(), 2 * widths.size()) > width) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= 4) break;
    --*widest;
  }
  std::vector<std::string> lines;
  const auto add = [&](const Row& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += "  " + padded(shorten(row[i], widths[i]), widths[i], table.align[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  };
  add(table.header);
  std::for_each(table.rows.begin(), table.rows.end(), add);
  return lines;
}

std::string console_table(const TextTable& table) {
  std::string text = table.title.empty() ? "" : table.title + "\n";
  for (const std::string& line : console_rows(table)) text += line + "\n";
  for (const std::string& note : table.notes) text += "  " + note + "\n";
  return text;
}

std::string markdown_table(const TextTable& table, MarkdownTable layout) {
  const bool aligned = layout == MarkdownTable::kAligned;
  std::vector<Row> rows{table.header};
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  for (Row& row : rows) std::transform(row.begin(), row.end(), row.begin(), markdown_escaped);
  // Three columns: what Markdown needs at least for the line below the header.
  const std::vector<std::size_t> widths =
      aligned ? column_widths(rows.front(), rows, 3) : std::vector<std::size_t>(table.header.size(), 0);
  std::string text;
  for (std::size_t line = 0; line < rows.size(); ++line) {
    text += '|';
    for (std::size_t i = 0; i < rows[line].size(); ++i) {
      text += ' ' + padded(rows[line][i], widths[i], table.align[i]) + " |";
    }
    text += '\n';
    if (line > 0) continue;
    text += '|';
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool right = table.align[i] == 'r';
      const std::size_t dashes = aligned ? widths[i] - (right ? 1 : 0) : 3;
      text += ' ' + std::string(dashes, '-') + (right ? ": |" : " |");
    }
    text += '\n';
  }
  for (const std::string& note : table.notes) text += fmt::format("\n{}\n", markdown_escaped(note));
  return text;
}

std::string html_table(const TextTable& table, const std::string& name, bool sortable) {
  std::string page;
  // The title stands outside of the box that scrolls.
  if (!table.title.empty()) page += fmt::format("<h3>{}</h3>\n", html_escaped(table.title));
  page += fmt::format("<section class=\"wide\" aria-label=\"{}\" tabindex=\"0\">\n<table{}>\n",
                      html_escaped(table.title.empty() ? name : table.title),
                      sortable && table.rows.size() > 2 ? " class=\"sortable\"" : "");
  page += "<thead>\n<tr>";
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    page += table.header[i].empty()
                ? "<td></td>"
                : fmt::format("<th scope=\"col\"{}>{}</th>", table.align[i] == 'r' ? " class=\"n\"" : "",
                              html_escaped(table.header[i]));
  }
  page += "</tr>\n</thead>\n<tbody>\n";
  for (const Row& row : table.rows) add_html_row(page, row, table.align);
  page += "</tbody>\n</table>\n</section>\n";
  return page + html_lines("<p class=\"note\">", table.notes, "</p>");
}

std::string latex_caption(const std::string& first, const std::vector<std::string>& more) {
  std::string text = first;
  for (const std::string& sentence : more) {
    const bool ended = !text.empty() && std::string_view(".?!").find(text.back()) != std::string_view::npos;
    text += (ended ? " " : ". ") + sentence;
  }
  return text;
}

std::string latex_table(const TextTable& whole, const std::string& name, const std::string& label) {
  const TextTable table = with_reasons_below(whole);
  const std::string caption = latex_caption(table.title.empty() ? name : table.title, table.notes);
  std::string text = fmt::format(
      "\\begin{{table}}[htbp]\n\\centering\\small\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\smallskip\n",
      latex_escaped(caption), label);
  text += "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n";
  text += fmt::format("\\begin{{tabular}}{{@{{}}{}@{{}}}}\n\\toprule\n", column_types(table));
  add_latex_row(text, table.header);
  text += "\\midrule\n";
  for (const Row& row : table.rows) add_latex_row(text, row);
  return text + "\\bottomrule\n\\end{tabular}}\n\\end{table}\n\n";
}

TextTable with_reasons_below(TextTable table) {
  if (table.header.size() < 2 || table.header.back() != "why") return table;
  table.header.pop_back();
  table.align.pop_back();
  for (Row& row : table.rows) {
    const std::string note = fmt::format("{}: {}", row[row.size() - 2], row.back());
    row.pop_back();
    add_once(table.notes, note);
  }
  return table;
}

}  // namespace bench
