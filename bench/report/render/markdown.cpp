#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "bench/report/render/markdown_text.h"
#include "bench/report/render/table.h"
#include "bench/report/render/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/view.h"
#include "bench/report/view/writeup.h"

namespace bench {
namespace {

std::string escaped(std::string_view outside) {
  return markdown_escaped(outside);
}

/// Text shown literally. A span is fenced by more backticks than the text holds in a row.
std::string code(std::string_view text) {
  std::string clean = one_line(text);
  std::size_t longest = 0, current = 0;
  for (const char c : clean) {
    current = c == '`' ? current + 1 : 0;
    longest = std::max(longest, current);
  }
  const std::string fence(longest + 1, '`');
  const std::string space = longest > 0 ? " " : "";
  return fence + space + clean + space + fence;
}

/// A word as a POSIX shell reads it back.
std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
  });
  if (plain) {
    return word;
  }
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? "'\\''" : std::string_view(&c, 1);
  }
  return quoted + "'";
}

void add_markdown_table(std::string& text, const TextTable& table) {
  text += markdown_table(table) + '\n';
}

void add_facts(std::string& text, const Facts& facts) {
  TextTable table;
  table.header = {"what", "value"};
  table.align = "ll";
  for (const auto& [name, value] : facts) table.rows.push_back({name, fact_text(value)});
  add_markdown_table(text, table);
}

void add_phases(std::string& text, const std::vector<PhaseTable>& tables) {
  text +=
      "## Where the time goes\n\n"
      "The phases of each target's median start. *took* is the phase alone, *at* the clock when it ended; "
      "the "
      "durations add up to ready. “–”: this kind of target has no such phase. “?”: unknown; its time is in "
      "the "
      "next known phase.\n\n";
  for (const PhaseTable& table : tables) {
    text += fmt::format("**{}**\n\n", escaped(table.title));
    TextTable cells;
    cells.header = {"phase", "took " + table.unit, "at " + table.unit, "share"};
    cells.align = "lrrr";
    for (const PhaseRow& row : table.rows) {
      const bool known = row.took != "–" && row.took != "?";
      cells.rows.push_back(
          {row.note.empty() ? row.name : fmt::format("{} ({})", row.name, row.note), row.took, row.at,
           known && table.ready > 0 ? percent_text((row.end - row.begin) / table.ready) : row.took});
    }
    add_markdown_table(text, cells);
  }
}

void add_targets(std::string& text, const Run& run) {
  TextTable table;
  table.header = {"target", "kind", "engine", "acceleration", "more"};
  table.align = "lllll";
  for (const TargetInfo& target : run.targets) {
    std::string more;
    for (const Facts* facts : {&target.engine, &target.image}) {
      for (const auto& [name, value] : *facts) {
        more += (more.empty() ? "" : ", ") + fmt::format("{} {}", name, fact_text(value));
      }
    }
    table.rows.push_back({target.name, to_text(target.kind), target.engine_name + " " + target.engine_version,
                          to_text(target.acceleration), more});
  }
  text += "## Targets\n\n";
  add_markdown_table(text, table);
}

void add_claims(std::string& text, const std::vector<ClaimView>& claims) {
  text += "## The claims\n\n";
  TextTable table;
  table.header = {"claim", "verdict", "figure", "of", "why"};
  table.align = "lllll";
  for (const ClaimView& claim : claims) {
    table.rows.push_back({claim.sentence, to_text(claim.verdict), claim.figures, claim.against, claim.why});
  }
  add_markdown_table(text, table);
  for (const ClaimView& claim : claims) {
    if (claim.conditions.empty() && claim.settle.empty() && claim.evidence.empty()) {
      continue;
    }
    text += fmt::format("- **{}**{}{}\n", escaped(claim.sentence), claim.conditions.empty() ? "" : ": ",
                        escaped(claim.conditions));
    for (const std::string& line : claim.evidence) {
      text += fmt::format("  - {}\n", escaped(line));
    }
    if (!claim.settle.empty()) {
      text += fmt::format("  - what would settle it: {}\n", escaped(claim.settle));
    }
  }
  text += '\n';
}

void add_markdown_figures(std::string& text, const std::vector<FigureLink>& figures) {
  text += "## Charts\n\n";
  for (const FigureLink& figure : figures) {
    text += fmt::format("![{}](<{}>)\n\n{}\n\n", escaped(figure.alt), one_line(figure.path),
                        escaped(figure.caption));
  }
}

void add_reading_notes(std::string& text, const std::vector<std::string>& notes) {
  text += "## Reading these numbers\n\n";
  for (const std::string& note : notes) {
    const std::size_t colon = note.find(':');
    text += colon == std::string::npos
                ? fmt::format("- {}\n", escaped(note))
                : fmt::format("- **{}**{}\n", escaped(note.substr(0, colon)), escaped(note.substr(colon)));
  }
  text += '\n';
}

void add_section(std::string& text, const TextTable& table) {
  text += fmt::format("## {}\n\n", escaped(table.title));
  add_markdown_table(text, table);
}

void add_provenance(std::string& text, const Run& run, const ReportOptions& options) {
  std::string command;
  for (const std::string& word : run.command) {
    command += (command.empty() ? "" : " ") + shell_word(one_line(word));
  }
  text += "## Where this comes from\n\n";
  text += fmt::format("- run {}, from {} to {}, status {}{}\n", code(run.run_id),
                      run.started_at.empty() ? "unknown" : escaped(run.started_at),
                      run.finished_at.empty() ? "unknown" : escaped(run.finished_at), to_text(run.status),
                      run.stopped_by.empty() ? "" : fmt::format(" (ended by: {})", escaped(run.stopped_by)));
  text += fmt::format("- {} rounds planned and {} warm-up, order shuffled in every round with seed {}\n",
                      run.rounds, run.warmup_rounds, run.seed);
  if (run.wall_seconds > 0) {
    text += fmt::format("- {} s of measuring, {} s of them inside trials\n", significant(run.wall_seconds),
                        significant(run.trials_seconds));
  }
  text += fmt::format("- bench {}{}\n", escaped(run.suite_version),
                      run.suite_commit.empty() ? "" : fmt::format(", commit {}", code(run.suite_commit)));
  text += fmt::format("- measured by {}\n", code(command));
  text += fmt::format(
      "- this page is a function of the stored samples; make it again with {}\n\n",
      code("bench report " + shell_word(one_line(options.directory.empty() ? "DIR" : options.directory)) +
           " --format md"));
}

}  // namespace

std::string markdown_report(const Run& run, const ReportOptions& options) {
  std::string text = "# Containers and VMs: what was measured\n\n";
  for (const std::string& line : status_lines(run)) {
    text += fmt::format("> **{}**\n\n", escaped(line));
  }
  for (const std::string& line : headlines(run)) {
    text += fmt::format("- **{}**\n", escaped(line));
  }
  text += '\n';
  if (const auto claims = claim_views(run); !claims.empty()) {
    add_claims(text, claims);
  }
  for (const auto& tables : {summary_tables(run), size_tables(run), memory_tables(run)}) {
    for (const TextTable& table : tables) {
      add_section(text, table);
    }
  }
  if (!options.figures.empty()) {
    add_markdown_figures(text, options.figures);
  }
  if (const auto paragraphs = writeup(run); !paragraphs.empty()) {
    text += "## In words, for a writeup\n\n";
    for (const std::string& paragraph : paragraphs) {
      text += fmt::format("{}\n\n", escaped(paragraph));
    }
  }
  if (const auto notes = reading_notes(run); !notes.empty()) {
    add_reading_notes(text, notes);
  }
  if (const TextTable table = comparison_table(run, false); !table.rows.empty()) {
    text += "## Comparisons\n\n";
    add_markdown_table(text, table);
  }
  if (const auto phases = phase_tables(run); !phases.empty()) {
    add_phases(text, phases);
  }
  if (!run.targets.empty()) {
    text += "## The same on every side?\n\nAs the running instances said themselves.\n\n";
    add_markdown_table(text, equivalence_table(run));
  }
  if (const auto groups = failure_groups(run); !groups.empty()) {
    text += "## Failures\n\nCounted beside the numbers, never part of one.\n\n";
    for (const FailureGroup& group : groups) {
      text += fmt::format("- {} ({})\n", escaped(group.what), group.rounds);
    }
    text += '\n';
  }
  if (!run.environment.warnings.empty()) {
    text += "## Warnings\n\n";
    for (const Warning& warning : run.environment.warnings) {
      text += fmt::format("- {}{}{}\n", escaped(warning.text), warning.remedy.empty() ? "" : " → ",
                          escaped(warning.remedy));
    }
    text += '\n';
  }
  if (!run.targets.empty()) {
    add_targets(text, run);
  }
  if (!run.conditions.empty()) {
    text += "## Conditions\n\n";
    add_facts(text, run.conditions);
  }
  if (!run.environment.fingerprint.empty()) {
    text += "## Environment\n\nTwo runs are comparable only where all of this is equal.\n\n";
    add_facts(text, run.environment.fingerprint);
  }
  if (!run.environment.volatile_.empty()) {
    text += "State of the host at the beginning, stored and never compared:\n\n";
    add_facts(text, run.environment.volatile_);
  }
  add_provenance(text, run, options);
  text.pop_back();
  return text;
}

}  // namespace bench
