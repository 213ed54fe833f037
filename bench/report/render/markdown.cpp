#include <fmt/format.h>

#include <string_view>

#include "bench/report/render/markdown_text.h"
#include "bench/report/render/table.h"
#include "bench/report/render/text.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

void add_claims(std::string& text, const std::vector<ClaimView>& claims) {
  text += "## The claims\n\n";
  TextTable table;
  table.header = {"claim", "verdict", "figure", "of", "why"};
  table.align = "lllll";
  for (const ClaimView& claim : claims) {
    table.rows.push_back({claim.sentence, to_text(claim.verdict), claim.figures, claim.against, claim.why});
  }
  text += markdown_table(table) + '\n';
  for (const ClaimView& claim : claims) {
    if (claim.conditions.empty() && claim.settle.empty() && claim.evidence.empty()) {
      continue;
    }
    text += fmt::format("- **{}**{}{}\n", markdown_escaped(claim.sentence),
                        claim.conditions.empty() ? "" : ": ", markdown_escaped(claim.conditions));
    for (const std::string& line : claim.evidence) {
      text += fmt::format("  - {}\n", markdown_escaped(line));
    }
    if (!claim.settle.empty()) {
      text += fmt::format("  - what would settle it: {}\n", markdown_escaped(claim.settle));
    }
  }
  text += '\n';
}

void add_markdown_figures(std::string& text, const std::vector<FigureLink>& figures) {
  text += "## Charts\n\n";
  for (const FigureLink& figure : figures) {
    text += fmt::format("![{}](<{}>)\n\n{}\n\n", markdown_escaped(figure.alt), one_line(figure.path),
                        markdown_escaped(figure.caption));
  }
}

/// `named`: the text begins with the name of its subject and a colon.
std::string bullet(const std::string& text, bool named) {
  const std::size_t colon = named ? text.find(':') : std::string::npos;
  if (colon == std::string::npos) return fmt::format("- {}\n", markdown_escaped(text));
  return fmt::format("- **{}**{}\n", markdown_escaped(text.substr(0, colon)),
                     markdown_escaped(text.substr(colon)));
}

void add_markdown_section(std::string& text, const Section& section, MarkdownTable layout) {
  const auto add_heading = [&](const std::string& title) {
    text += fmt::format("## {}\n\n", markdown_escaped(title));
  };
  if (section.has_text()) add_heading(section.title);
  for (const std::string& paragraph : section.paragraphs) {
    text += fmt::format("{}\n\n", markdown_escaped(paragraph));
  }
  for (const std::string& line : lines_of(section.bullets)) text += bullet(line, section.named);
  if (!section.bullets.empty()) text += '\n';
  for (const TextTable& table : section.tables) {
    if (!section.has_text()) {
      add_heading(table.title.empty() ? section.title : table.title);
    } else if (!table.title.empty()) {
      text += fmt::format("**{}**\n\n", markdown_escaped(table.title));
    }
    text += markdown_table(table, layout) + '\n';
  }
}

}  // namespace

std::string markdown_page(const Document& document, const std::vector<FigureLink>& figures,
                          MarkdownTable layout) {
  std::string text = fmt::format("# {}\n\n", markdown_escaped(document.title));
  for (const std::string& banner : document.banners) {
    text += fmt::format("> **{}**\n\n", markdown_escaped(banner));
  }
  for (const std::string& line : document.headlines)
    text += fmt::format("- **{}**\n", markdown_escaped(line));
  if (!document.headlines.empty()) text += '\n';
  if (!document.verdicts.empty()) add_claims(text, document.verdicts);
  if (!figures.empty()) add_markdown_figures(text, figures);
  if (!document.words.empty()) text += "## In words, for a writeup\n\n";
  for (const std::string& paragraph : document.words) text += markdown_escaped(paragraph) + "\n\n";
  for (const Section& section : document.sections) add_markdown_section(text, section, layout);
  return text + markdown_escaped(document.source) + ".\n";
}

}  // namespace bench
