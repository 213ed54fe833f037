#include "bench/report/render/latex.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/report/render/table.h"

namespace bench {
namespace {

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
        chart_path(figure, "pdf"), latex_escaped(latex_caption(figure.title, {figure.caption})), figure.id);
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
    if (section.has_text()) {
      text += fmt::format("\\subsection{{{}}}\n\n", latex_escaped(section.title));
    }
    for (const std::string& paragraph : section.paragraphs) text += latex_escaped(paragraph) + "\n\n";
    add_latex_bullets(text, lines_of(section.bullets));
    for (std::size_t i = 0; i < section.tables.size(); ++i) {
      text += latex_table(section.tables[i], section.title,
                          i == 0 ? section.id : fmt::format("{}-{}", section.id, i + 1));
    }
  }
  text += fmt::format("\\noindent{{\\footnotesize\\raggedright {}.\\par}}\n", latex_escaped(document.source));
  return text;
}

}  // namespace bench
