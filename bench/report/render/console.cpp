#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "bench/core/first_metrics.h"
#include "bench/report/render/table.h"
#include "bench/report/render/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/view.h"

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
  page.heading(
      fmt::format("Phases of each target's median start, in {}: what each took, and the clock at its end",
                  tables.front().unit));
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

/// "10 rounds and 1 warm-up, each in an order of its own (seed 7); cache warm"
std::string how_measured(const Run& run) {
  std::string text = fmt::format("planned: {} round{} and {} warm-up, the order shuffled in each (seed {})",
                                 run.rounds, run.rounds == 1 ? "" : "s", run.warmup_rounds, run.seed);
  if (const auto cache = run.conditions.find("cache"); cache != run.conditions.end()) {
    text += fmt::format("; cache {}", fact_text(cache->second));
  }
  return text;
}

void print_comparisons(Page& page, const Run& run) {
  const TextTable table = comparison_table(run, false);
  if (table.rows.empty()) return;
  page.heading("Comparisons: ratio of medians b/a, its 95 % interval over paired rounds, and the shift");
  page.table(with_reasons_below(table));
}

}  // namespace

std::string console_report(const Run& run, const ReportOptions& options) {
  Page page(options);
  for (const std::string& line : status_lines(run)) {
    page.wrapped(line, "", kAnsiYellow, 2);
  }
  for (const std::string& line : headlines(run)) {
    page.wrapped(line, "", kAnsiBold, 2);
  }
  if (const auto claims = claim_views(run); !claims.empty()) {
    print_claims(page, claims);
  }
  const auto print_tables = [&](const std::vector<TextTable>& tables) {
    for (const TextTable& table : tables) {
      page.heading(table.title);
      page.table(table);
    }
  };
  const std::vector<TextTable> summaries = summary_tables(run);
  print_tables(summaries);
  if (std::any_of(run.samples.begin(), run.samples.end(),
                  [](const Sample& sample) { return sample.scenario != scenario::kSize; })) {
    if (summaries.empty()) {
      page.blank();
    }
    page.wrapped(how_measured(run), "  ", kAnsiDim, 2);
  }
  print_tables(size_tables(run));
  print_tables(memory_tables(run));
  if (const auto phases = phase_tables(run); !phases.empty()) {
    print_phases(page, phases);
  }
  if (!run.targets.empty()) {
    page.heading("The same on every side?");
    page.table(equivalence_table(run));
  }
  print_comparisons(page, run);
  if (const auto groups = failure_groups(run); !groups.empty()) {
    page.heading("Failures (counted, never part of a number)");
    for (const FailureGroup& group : groups) {
      page.wrapped(fmt::format("{} [{}]", group.what, group.rounds), "  ", kAnsiRed, 4);
    }
  }
  if (!run.environment.warnings.empty()) {
    page.heading("Warnings");
    for (const Warning& warning : run.environment.warnings) {
      page.wrapped(one_line(warning.text), "  ", kAnsiYellow, 4);
      if (!warning.remedy.empty()) {
        page.wrapped(one_line(warning.remedy), "    → ", nullptr, 6);
      }
    }
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
