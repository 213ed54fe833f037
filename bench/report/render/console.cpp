#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "bench/report/render/table.h"
#include "bench/report/render/text.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

constexpr const char* kAnsiBold = "1";
constexpr const char* kAnsiDim = "2";
constexpr const char* kAnsiYellow = "33";
constexpr const char* kAnsiRed = "31";
constexpr const char* kAnsiGreen = "32";

/// Text for a terminal of a given width.
class Page {
 public:
  explicit Page(const ReportOptions& options)
      : width_(std::max<std::size_t>(options.width, 40)), colour_(options.colour) {}

  [[nodiscard]] std::size_t width() const { return width_; }

  void blank() { text_ += '\n'; }

  void heading(const std::string& title) {
    blank();
    wrapped(title, "", kAnsiBold);
  }

  /// `text` broken at spaces, the following lines indented by `indent`; a word that is too long is cut.
  void wrapped(const std::string& text, const std::string& first, const char* style = nullptr,
               std::size_t indent = 0) {
    std::string line = first;
    bool at_start = true;
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t space = rest.find(' ');
      std::string word(rest.substr(0, space));
      rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
      if (!at_start && display_width(line) + 1 + display_width(word) > width_) {
        emit(line, style);
        line = std::string(indent, ' ');
        at_start = true;
      }
      word = shorten(word, width_ - std::min(width_ - 1, display_width(line)));
      line += (at_start ? "" : " ") + word;
      at_start = false;
    }
    emit(line, style);
  }

  void table(const TextTable& table) {
    const std::vector<std::string> rows = console_rows(table, width_);
    for (std::size_t i = 0; i < rows.size(); ++i) emit(rows[i], i == 0 ? kAnsiDim : nullptr);
    for (const std::string& note : table.notes) wrapped(note, "  ", kAnsiDim, 2);
  }

  void emit(std::string line, const char* style) {
    line.erase(line.find_last_not_of(' ') + 1);
    text_ += colour_ && style != nullptr ? fmt::format("\x1b[{}m{}\x1b[0m\n", style, line) : line + '\n';
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t width_;
  bool colour_;
  std::string text_;
};

const char* verdict_colour(ClaimVerdict verdict) {
  return verdict == ClaimVerdict::kSupported      ? kAnsiGreen
         : verdict == ClaimVerdict::kNotSupported ? kAnsiRed
                                                  : kAnsiYellow;
}

void print_claims(Page& page, const std::vector<ClaimView>& claims) {
  page.heading("The claims");
  for (const ClaimView& claim : claims) {
    page.wrapped(fmt::format("{}: {}", to_text(claim.verdict), claim.sentence), "  ",
                 verdict_colour(claim.verdict), 4);
    if (claim.verdict == ClaimVerdict::kNotMeasured) {
      page.wrapped(claim.settle.empty() ? claim.why : claim.settle, "    → ", kAnsiDim, 6);
      continue;
    }
    if (!claim.figures.empty()) {
      page.wrapped(fmt::format("{} for {}", claim.figures, claim.against), "    ", nullptr, 6);
    }
    page.wrapped(claim.why, "    ", nullptr, 6);
    if (!claim.conditions.empty()) {
      page.wrapped(claim.conditions, "    ", kAnsiDim, 6);
    }
    if (!claim.settle.empty()) {
      page.wrapped(claim.settle, "    → ", nullptr, 6);
    }
  }
}

void print_phases(Page& page, const std::vector<PhaseTable>& tables) {
  for (const PhaseTable& table : tables) {
    page.wrapped(table.title, "  ", nullptr, 4);
    std::size_t note_width = 0;
    for (const PhaseRow& row : table.rows) {
      note_width = std::max(note_width, row.note.empty() ? 0 : row.note.size() + 4);
    }
    const std::size_t used = 31 + note_width;  // the columns before the bar, and what follows it
    const std::size_t bar_width =
        page.width() > used + 10 ? std::min<std::size_t>(page.width() - used, 60) : 0;
    for (const PhaseRow& row : table.rows) {
      if (row.took == "–") {
        continue;  // a phase that this kind of target does not have
      }
      std::string bar;
      if (bar_width > 0 && row.end > row.begin) {
        const double cell = table.ready / static_cast<double>(bar_width);
        const auto from = std::min(static_cast<std::size_t>(row.begin / cell), bar_width - 1);
        const auto to = std::max(static_cast<std::size_t>(std::lround(row.end / cell)), from + 1);
        bar = std::string(from, ' ');
        for (std::size_t i = from; i < to; ++i) {
          bar += "█";
        }
      }
      const std::string note = row.note.empty() ? "" : fmt::format("  ({})", row.note);
      page.emit(fmt::format("    {:<9} {:>7} {:>7}  {}{}", row.name, row.took, row.at, bar, note), nullptr);
    }
  }
}

const char* tone_colour(Tone tone) {
  return tone == Tone::kFailure ? kAnsiRed : tone == Tone::kWarning ? kAnsiYellow : nullptr;
}

void print_section(Page& page, const Section& section) {
  const bool drawn = !section.phases.empty();
  if (section.has_text()) {
    page.heading(section.title + (drawn ? ", in " + section.phases.front().scale.unit : ""));
  }
  for (const std::string& paragraph : section.paragraphs) page.wrapped(paragraph, "  ", kAnsiDim, 2);
  for (const Bullet& bullet : section.bullets) {
    page.wrapped(bullet.text, "  ", tone_colour(section.tone), 4);
    if (!bullet.remedy.empty()) page.wrapped(bullet.remedy, "    → ", nullptr, 6);
  }
  if (drawn) {
    print_phases(page, section.phases);
    return;
  }
  for (const TextTable& table : section.tables) {
    if (!section.has_text() || !table.title.empty()) {
      page.heading(table.title.empty() ? section.title : table.title);
    }
    page.table(with_reasons_below(table));
  }
}

}  // namespace

std::string console_page(const Document& document, const ReportOptions& options) {
  Page page(options);
  for (const std::string& line : document.banners) page.wrapped(line, "", kAnsiYellow, 2);
  for (const std::string& line : document.headlines) page.wrapped(line, "", kAnsiBold, 2);
  if (!document.verdicts.empty()) print_claims(page, document.verdicts);
  auto section = document.sections.begin();
  const bool results = section != document.sections.end() && section->id == "results";
  if (results) print_section(page, *section++);
  if (!document.plan.empty()) {
    if (!results) page.blank();
    page.wrapped(document.plan, "  ", kAnsiDim, 2);
  }
  for (; section != document.sections.end(); ++section) {
    if (!section->background) print_section(page, *section);
  }
  if (!options.directory.empty()) {
    page.heading("Stored");
    page.wrapped(one_line(options.directory), "  ");
    if (!options.files.empty()) {
      page.wrapped(fmt::format("{}", fmt::join(options.files, ", ")), "  ", nullptr, 2);
    }
  }
  return page.take();
}

}  // namespace bench
