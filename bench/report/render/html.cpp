#include "bench/report/render/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "bench/report/render/table.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

void add_html_bullets(std::string& page, const std::vector<std::string>& bullets) {
  if (!bullets.empty()) page += "<ul>\n" + html_lines("<li>", bullets, "</li>") + "</ul>\n";
}

void add_verdicts(std::string& page, const std::vector<ClaimView>& verdicts) {
  page += "<section id=\"claims\">\n<h2>The claims</h2>\n<ul class=\"claims\">\n";
  for (const ClaimView& card : verdicts) {
    const char* kind = card.verdict == ClaimVerdict::kSupported      ? " yes"
                       : card.verdict == ClaimVerdict::kNotSupported ? " no"
                                                                     : "";
    page += fmt::format("<li>\n<p class=\"says\">{}</p>\n<p><span class=\"verdict{}\">{}</span></p>\n",
                        html_escaped(card.sentence), kind, to_text(card.verdict));
    if (!card.figures.empty()) page += fmt::format("<p><b>{}</b></p>\n", html_escaped(card.figures));
    if (!card.against.empty()) page += fmt::format("<p>{}</p>\n", html_escaped(card.against));
    for (const std::string* text : {&card.why, &card.conditions}) {
      if (!text->empty()) page += fmt::format("<p class=\"soft\">{}</p>\n", html_escaped(*text));
    }
    if (!card.settle.empty()) {
      page += fmt::format("<p class=\"soft\">What would settle it: {}</p>\n", html_escaped(card.settle));
    }
    add_html_bullets(page, card.evidence);
    page += "</li>\n";
  }
  page += "</ul>\n</section>\n";
}

void add_html_section(std::string& page, const Section& section) {
  page += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", html_escaped(section.id),
                      html_escaped(section.title));
  page += html_lines("<p>", section.paragraphs, "</p>");
  add_html_bullets(page, lines_of(section.bullets));
  for (const TextTable& table : section.tables) page += html_table(table, section.title, section.sortable);
  page += "</section>\n";
}

/// An SVG with very many points weighs more than its picture.
std::string picture(Drawings& drawings, const Figure& figure) {
  constexpr std::size_t kHeavy = 120'000;
  const std::string& svg = drawings.image(figure, "svg");
  if (svg.size() > kHeavy) {
    const std::string& png = drawings.image(figure, "png");
    if (!png.empty() && png.size() < svg.size() / 2) {
      return fmt::format("<img alt=\"{}\" src=\"data:image/png;base64,{}\">", html_escaped(figure.alt),
                         base64(png));
    }
  }
  return svg.empty() ? std::string() : inline_svg(svg, figure.alt);
}

void add_html_figures(std::string& page, Drawings& drawings, const std::vector<std::string>& charts) {
  std::string shown;
  for (const Figure& figure : drawings.figures()) {
    const std::string image = drawings.drawable() ? picture(drawings, figure) : "";
    if (image.empty()) continue;
    std::string links;
    for (const std::string& format : charts) {
      if (drawings.image(figure, format).empty()) continue;
      std::string upper = format;
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
      links += fmt::format(" <a href=\"{}\">{}</a>", html_escaped(chart_path(figure, format)), upper);
    }
    shown += fmt::format(
        "<figure id=\"figure-{0}\">\n<section class=\"plate\" aria-label=\"{1}\" "
        "tabindex=\"0\">\n{2}\n</section>\n<figcaption>{3}{4}</figcaption>\n</figure>\n",
        html_escaped(figure.id), html_escaped(figure.title), image, html_escaped(figure.caption), links);
  }
  if (!shown.empty()) {
    page += "<section id=\"figures\">\n<h2>Figures</h2>\n" + shown + "</section>\n";
  } else if (!drawings.figures().empty()) {
    page += fmt::format("<p class=\"note\" id=\"figures\">Without figures: {}.</p>\n",
                        html_escaped(drawings.drawable() ? "none could be drawn" : kDrawRemedy));
  }
}

void add_navigation(std::string& page, const Document& document, bool figures) {
  page += "<nav aria-label=\"Contents\">\n<ul>\n";
  const auto add = [&](std::string_view id, std::string_view title) {
    page += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, html_escaped(title));
  };
  if (figures) add("figures", "Figures");
  if (!document.words.empty()) add("words", "In words");
  for (const Section& section : document.sections) add(section.id, section.title);
  if (!document.files.empty()) add("files", "Raw data");
  page += "</ul>\n</nav>\n";
}

}  // namespace

std::string html_escaped(std::string_view text) {
  static const std::map<char, const char*> entities = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
  std::string safe;
  for (const char c : one_line(text)) {
    const auto entity = entities.find(c);
    safe += entity == entities.end() ? std::string(1, c) : entity->second;
  }
  return safe;
}

std::string html_lines(const char* begin, const std::vector<std::string>& lines, const char* end) {
  std::string page;
  for (const std::string& line : lines) page += begin + html_escaped(line) + end + "\n";
  return page;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(bytes.size() - i, 3);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < have ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= have ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

std::string html_page(const Document& document, Drawings& drawings, const std::vector<std::string>& charts) {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      kHtmlScriptHash, html_escaped(document.title), kHtmlStyle);
  page += fmt::format("<header>\n<h1>{}</h1>\n<p class=\"soft\">{}</p>\n</header>\n",
                      html_escaped(document.title), html_escaped(document.subtitle));
  page += "<main>\n";
  page += html_lines("<p class=\"banner\">", document.banners, "</p>");
  const bool judged = !document.verdicts.empty();
  if (judged) {
    add_verdicts(page, document.verdicts);
  } else {
    page += html_lines("<p class=\"headline\">", document.headlines, "</p>");
  }
  if (!document.tiles.empty()) {
    page += "<ul class=\"tiles\">\n";
    for (const Tile& tile : document.tiles) {
      page += fmt::format("<li><strong>{}</strong> <span>{}</span></li>\n", html_escaped(tile.number),
                          html_escaped(tile.label));
    }
    page += "</ul>\n";
  }
  if (judged) add_html_bullets(page, document.headlines);
  add_navigation(page, document, !drawings.figures().empty());
  add_html_figures(page, drawings, charts);
  if (!document.words.empty()) {
    page += "<section id=\"words\">\n<h2>In words, for a writeup</h2>\n" +
            html_lines("<p>", document.words, "</p>") + "</section>\n";
  }
  for (const Section& section : document.sections) add_html_section(page, section);
  if (!document.files.empty()) {
    page += "<section id=\"files\">\n<h2>Raw data</h2>\n<ul>\n";
    for (const std::string& file : document.files) {
      page += fmt::format("<li><a href=\"{0}\">{0}</a></li>\n", html_escaped(file));
    }
    page += "</ul>\n</section>\n";
  }
  page += fmt::format(
      "</main>\n<footer>\n<p class=\"note\">{}</p>\n</footer>\n<script>{}</script>\n</body>\n</html>\n",
      html_escaped(document.source), kHtmlScript);
  return page;
}

}  // namespace bench
