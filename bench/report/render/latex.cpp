#include "bench/report/render/latex.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/report/view/numbers.h"

namespace bench {
namespace {

/// A column whose cells are sentences gets a width and breaks its lines; the others are as wide as they are.
std::string column_types(const TextTable& table) {
  constexpr std::size_t kLong = 40;
  std::string types;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    const bool is_long = display_width(table.header[i]) > kLong ||
                         std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
                           return i < row.size() && display_width(row[i]) > kLong;
                         });
    types += is_long ? "p{0.5\\linewidth}" : std::string(1, table.align[i]);
  }
  return types;
}

void add_latex_row(std::string& text, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = latex_escaped(cells[i]);
    // After the row before, an opening bracket or a star would be read as its argument.
    const bool guarded = i == 0 && (cell.empty() || cell[0] == '[' || cell[0] == '*');
    text += (i > 0 ? " & " : guarded ? "{}" : "") + cell;
  }
  text += " \\\\\n";
}

/// The reasons leave their column and are said once each below the table: paper is narrow.
TextTable with_reasons_below(TextTable table) {
  if (table.header.size() < 2 || table.header.back() != "why") return table;
  table.header.pop_back();
  table.align.pop_back();
  for (auto& row : table.rows) {
    const std::string note = fmt::format("{}: {}", row[row.size() - 2], row.back());
    row.pop_back();
    if (std::find(table.notes.begin(), table.notes.end(), note) == table.notes.end()) {
      table.notes.push_back(note);
    }
  }
  return table;
}

/// Sentences one after the other, each with one full stop.
std::string sentences(const std::string& first, const std::vector<std::string>& more) {
  std::string text = first;
  for (const std::string& sentence : more) {
    const bool ended = !text.empty() && std::string_view(".?!").find(text.back()) != std::string_view::npos;
    text += (ended ? " " : ". ") + sentence;
  }
  return text;
}

/// As a float that is never wider than the text.
void add_latex_table(std::string& text, const TextTable& whole, const std::string& name,
                     const std::string& label) {
  const TextTable table = with_reasons_below(whole);
  const std::string caption = sentences(table.title.empty() ? name : table.title, table.notes);
  text += fmt::format(
      "\\begin{{table}}[htbp]\n\\centering\\small\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\smallskip\n",
      latex_escaped(caption), label);
  text += "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n";
  text += fmt::format("\\begin{{tabular}}{{@{{}}{}@{{}}}}\n\\toprule\n", column_types(table));
  add_latex_row(text, table.header);
  text += "\\midrule\n";
  for (const auto& row : table.rows) add_latex_row(text, row);
  text += "\\bottomrule\n\\end{tabular}}\n\\end{table}\n\n";
}

void add_latex_bullets(std::string& text, const std::vector<std::string>& bullets) {
  if (bullets.empty()) return;
  text += "\\begin{itemize}\n";
  for (const std::string& bullet : bullets) text += fmt::format("\\item {{}}{}\n", latex_escaped(bullet));
  text += "\\end{itemize}\n\n";
}

void add_latex_figures(std::string& text, Drawings& drawings) {
  for (const Figure& figure : drawings.figures()) {
    if (!drawings.drawable() || drawings.image(figure, "pdf").empty()) continue;
    text += fmt::format(
        "\\begin{{figure}}[htbp]\n\\centering\n\\includegraphics[width=\\linewidth]{{\\benchpath {}}}\n"
        "\\caption{{{}}}\n\\label{{fig:{}}}\n\\end{{figure}}\n\n",
        chart_path(figure, "pdf"), latex_escaped(sentences(figure.title, {figure.caption})), figure.id);
  }
}

}  // namespace

std::string latex_fragment(const Document& document, Drawings& drawings) {
  std::string text =
      "% A fragment: \\input it in a document that loads booktabs and graphicx. From another folder, say\n"
      "% before it where it lies: \\newcommand{\\benchpath}{results/my-run/}\n"
      "\\providecommand{\\benchpath}{}\n\n";
  text += fmt::format("\\section{{{}}}\n\n", latex_escaped(document.title));
  for (const std::string& banner : document.banners) {
    text += fmt::format("\\noindent\\textbf{{{}}}\n\n", latex_escaped(banner));
  }
  if (document.words.empty()) {
    add_latex_bullets(text, document.headlines);
  } else {
    for (const std::string& paragraph : document.words) text += latex_escaped(paragraph) + "\n\n";
  }
  add_latex_figures(text, drawings);
  for (const Section& section : document.sections) {
    if (section.background) continue;
    // Tables float and have captions: a heading with nothing below it would stand alone.
    if (!section.paragraphs.empty() || !section.bullets.empty()) {
      text += fmt::format("\\subsection{{{}}}\n\n", latex_escaped(section.title));
    }
    for (const std::string& paragraph : section.paragraphs) text += latex_escaped(paragraph) + "\n\n";
    add_latex_bullets(text, section.bullets);
    for (std::size_t i = 0; i < section.tables.size(); ++i) {
      add_latex_table(text, section.tables[i], section.title,
                      i == 0 ? section.id : fmt::format("{}-{}", section.id, i + 1));
    }
  }
  text += fmt::format("\\noindent{{\\footnotesize\\raggedright {}.\\par}}\n", latex_escaped(document.source));
  return text;
}

}  // namespace bench
