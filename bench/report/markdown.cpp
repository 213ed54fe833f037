#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "bench/report/numbers.h"
#include "bench/report/report.h"
#include "bench/report/view.h"

namespace bench {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Text from outside, so that it stays text: no markup, no HTML, no table cell of its own. What cannot mean
/// anything where it stands is left alone, so that the source reads well too.
std::string escaped(std::string_view outside) {
  const std::string text = one_line(outside);
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool first = i == 0;
    const bool markup = std::string_view("\\|`*~").find(c) != std::string_view::npos ||
                        (first && (c == '#' || c == '>' || ((c == '+' || c == '-') && next == ' '))) ||
                        (c == '_' && (first || !is_word(text[i - 1]) || !is_word(next))) ||
                        (c == ']' && std::string_view("([:").find(next) != std::string_view::npos);
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += markup ? "\\" : "";
      safe += c;
    }
  }
  return safe;
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

void add_row(std::string& text, const std::vector<std::string>& cells) {
  text += '|';
  for (const std::string& cell : cells) {
    text += fmt::format(" {} |", escaped(cell));
  }
  text += '\n';
}

void add_table(std::string& text, const TextTable& table) {
  add_row(text, table.header);
  text += '|';
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    text += table.align[i] == 'l' ? " --- |" : " ---: |";
  }
  text += '\n';
  for (const auto& row : table.rows) {
    add_row(text, row);
  }
  for (const std::string& note : table.notes) {
    text += fmt::format("\n{}\n", escaped(note));
  }
  text += '\n';
}

void add_facts(std::string& text, const Facts& facts) {
  text += "| | |\n| --- | --- |\n";
  for (const auto& [name, value] : facts) {
    add_row(text, {name, fact_text(value)});
  }
  text += '\n';
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
    add_table(text, cells);
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
    table.rows.push_back({target.name, target.kind, target.engine_name + " " + target.engine_version,
                          target.acceleration, more});
  }
  text += "## Targets\n\n";
  add_table(text, table);
}

bool any_emulated(const Run& run) {
  return std::any_of(run.targets.begin(), run.targets.end(),
                     [](const TargetInfo& target) { return target.acceleration == "tcg"; });
}

void add_reading_help(std::string& text, const Run& run) {
  text +=
      "## How to read these numbers\n\n"
      "- **Ready** is the first complete answer that carries this trial's own nonce, in seconds of the "
      "host's "
      "monotonic clock since the first engine call that makes the instance. Images are prepared before.\n"
      "- **Median and 95 % interval**: half of the starts were quicker. The interval says how well the "
      "median is "
      "known (bootstrap), not how far single starts spread: that is min–max.\n"
      "- **Ratio**: median of b divided by median of a; its interval resamples whole rounds, in which every "
      "target "
      "ran once in random order. Below 6 rounds there is no interval, below 10 no verdict.\n"
      "- **Verdict**: *faster*/*slower*, *smaller*/*larger* only when the whole interval is beyond ±5 %; "
      "*equivalent* "
      "when the 90 % interval is inside; else *inconclusive*. *Not comparable* when the two sides are not "
      "the same "
      "thing, or an emulated VM is set against real speed.\n"
      "- **CPU** is what the host spent up to ready, engine and VMM included. **Failed** starts are counted, "
      "never averaged in.\n";
  if (any_emulated(run)) {
    text +=
        "- **TCG**: these VMs were emulated in software, without hardware virtualisation. "
        "The numbers are real, but they are **not a figure for hardware virtualisation**.\n";
  }
  text += '\n';
}

void add_provenance(std::string& text, const Run& run, const ReportOptions& options) {
  std::string command;
  for (const std::string& word : run.command) {
    command += (command.empty() ? "" : " ") + shell_word(one_line(word));
  }
  text += "## Where this comes from\n\n";
  text += fmt::format("- run {}, from {} to {}, status {}{}\n", code(run.run_id),
                      run.started_at.empty() ? "unknown" : escaped(run.started_at),
                      run.finished_at.empty() ? "unknown" : escaped(run.finished_at), escaped(run.status),
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
  for (const TextTable& table : summary_tables(run)) {
    text += fmt::format("## {}\n\n", escaped(table.title));
    add_table(text, table);
  }
  add_reading_help(text, run);
  if (const TextTable table = comparison_table(run, false); !table.rows.empty()) {
    text += "## Comparisons\n\n";
    add_table(text, table);
  }
  if (const auto phases = phase_tables(run); !phases.empty()) {
    add_phases(text, phases);
  }
  if (!run.targets.empty()) {
    text += "## The same on every side?\n\nAs the running instances said themselves.\n\n";
    add_table(text, equivalence_table(run));
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
