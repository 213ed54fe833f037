#include "bench/report/view/document.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/core/first_metrics.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"
#include "bench/report/view/writeup.h"

namespace bench {
namespace {

TextTable facts_table(const Facts& facts, const std::string& title) {
  TextTable table;
  table.title = title;
  table.header = {"what", "value"};
  table.align = "ll";
  for (const auto& [name, value] : facts) table.rows.push_back({one_line(name), fact_text(value)});
  return table;
}

void add_tables(Document& document, const std::string& id, const std::string& title,
                std::vector<TextTable> tables, std::vector<std::string> paragraphs = {}) {
  std::erase_if(tables, [](const TextTable& table) { return table.rows.empty(); });
  if (tables.empty()) return;
  const bool sortable = id == "results" || id == "comparisons";  // elsewhere rows are parts of a whole
  document.sections.push_back({id, title, std::move(paragraphs), {}, std::move(tables), sortable});
}

std::vector<TextTable> phases_of_document(const Run& run) {
  std::vector<TextTable> tables;
  for (const PhaseTable& phase : phase_tables(run)) {
    TextTable table;
    table.title = phase.title;
    table.header = {"phase", "took " + phase.unit, "at " + phase.unit, "share"};
    table.align = "lrrr";
    for (const PhaseRow& row : phase.rows) {
      const bool known = row.took != "–" && row.took != "?";
      table.rows.push_back(
          {row.note.empty() ? row.name : fmt::format("{} ({})", row.name, row.note), row.took, row.at,
           known && phase.ready > 0 ? percent_text((row.end - row.begin) / phase.ready) : row.took});
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

TextTable targets_table(const Run& run) {
  TextTable table;
  table.header = {"target", "kind", "engine", "acceleration", "more"};
  table.align = "lllll";
  for (const TargetInfo& target : run.targets) {
    std::string more;
    for (const Facts* facts : {&target.engine, &target.image}) {
      for (const auto& [name, value] : *facts) {
        more += (more.empty() ? "" : ", ") + fmt::format("{} {}", one_line(name), fact_text(value));
      }
    }
    table.rows.push_back({one_line(target.name), to_text(target.kind),
                          one_line(target.engine_name + " " + target.engine_version),
                          to_text(target.acceleration), more});
  }
  return table;
}

TextTable provenance(const Run& run) {
  TextTable table;
  table.header = {"what", "value"};
  table.align = "ll";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, one_line(value)});
  };
  add("run", run.run_id);
  add("from", run.started_at);
  add("to", run.finished_at);
  add("status", to_text(run.status) + (run.stopped_by.empty() ? "" : ", ended by: " + run.stopped_by));
  add("rounds", fmt::format("{} planned and {} warm-up, the order shuffled in each with seed {}", run.rounds,
                            run.warmup_rounds, run.seed));
  if (run.wall_seconds > 0) {
    add("measuring", fmt::format("{} s, {} s of them inside trials", significant(run.wall_seconds),
                                 significant(run.trials_seconds)));
  }
  add("bench", run.suite_version + (run.suite_commit.empty() ? "" : ", commit " + run.suite_commit));
  add("command", fmt::format("{}", fmt::join(run.command, " ")));
  return table;
}

/// The ratios to the first target, one per headline metric and target.
std::vector<Tile> tiles(const Run& run) {
  constexpr std::size_t kMost = 8;
  std::vector<Tile> tiles;
  for (const Comparison& comparison : run.comparisons) {
    const MetricSpec& spec = spec_of(run, comparison.metric);
    if (spec.role != Role::kHeadline && !spec.prominent) continue;
    if (comparison.a != run.comparisons.front().a) continue;
    if (tiles.size() == kMost) break;
    tiles.push_back(
        {ratio_text(comparison.ratio),
         fmt::format("{}{}: {} against {}; {}", one_line(label_words(spec, comparison.metric)),
                     comparison.ci95 ? " " + ratio_bracket(*comparison.ci95) : "", stamped(run, comparison.b),
                     stamped(run, comparison.a), to_text(comparison.verdict))});
  }
  return tiles;
}

std::vector<std::string> bullets_of(const std::vector<FailureGroup>& groups) {
  std::vector<std::string> lines;
  lines.reserve(groups.size());
  for (const FailureGroup& group : groups) lines.push_back(fmt::format("{} ({})", group.what, group.rounds));
  return lines;
}

std::vector<std::string> bullets_of(const std::vector<Warning>& warnings) {
  std::vector<std::string> lines;
  lines.reserve(warnings.size());
  for (const Warning& warning : warnings) {
    lines.push_back(one_line(warning.text) +
                    (warning.remedy.empty() ? "" : " → " + one_line(warning.remedy)));
  }
  return lines;
}

void add_background(Document& document, const Run& run) {
  Section method{"method", "How it was measured", {}, {}, {}, false, true};
  method.tables.push_back(provenance(run));
  if (!run.conditions.empty()) method.tables.push_back(facts_table(run.conditions, "Conditions"));
  document.sections.push_back(std::move(method));

  Section environment{"environment", "Targets and environment", {}, {}, {}, false, true};
  if (!run.targets.empty()) environment.tables.push_back(targets_table(run));
  if (!run.environment.fingerprint.empty()) {
    environment.tables.push_back(facts_table(run.environment.fingerprint,
                                             "Fingerprint: two runs are comparable only where all of this is "
                                             "equal"));
  }
  if (!run.environment.volatile_.empty()) {
    environment.tables.push_back(
        facts_table(run.environment.volatile_, "State of the host at the beginning, never compared"));
  }
  if (!environment.tables.empty()) document.sections.push_back(std::move(environment));
}

}  // namespace

Document run_document(const Run& run, const ReportOptions& options) {
  Document document;
  document.title = "Containers and VMs: what was measured";
  document.subtitle =
      fmt::format("{} target{} · {} round{} planned{}", run.targets.size(),
                  run.targets.size() == 1 ? "" : "s", run.rounds, run.rounds == 1 ? "" : "s",
                  run.started_at.empty() ? "" : " · " + one_line(run.started_at.substr(0, 10)));
  document.banners = status_lines(run);
  document.headlines = headlines(run);
  document.tiles = tiles(run);
  document.words = writeup(run);
  document.verdicts = claim_views(run);
  add_tables(document, "results", "Results", summary_tables(run));
  add_tables(document, scenario::kSize, scenario_words(run, scenario::kSize), size_tables(run));
  add_tables(document, scenario::kMemory, scenario_words(run, scenario::kMemory), memory_tables(run));
  add_tables(document, "comparisons", "Comparisons", {comparison_table(run, false)});
  add_tables(
      document, "phases", "Where the time goes", phases_of_document(run),
      {"The phases of each target's median start: took is the phase alone, at the clock when it ended. "
       "“–”: this kind of target has no such phase. “?”: unknown, its time is in the next known phase."});
  if (!run.targets.empty()) {
    add_tables(document, "equivalence", "The same on every side?", {equivalence_table(run)},
               {"As the running instances said themselves."});
  }
  if (const auto groups = failure_groups(run); !groups.empty()) {
    document.sections.push_back(
        {"failures", "Failures", {"Counted beside the numbers, never part of one."}, bullets_of(groups), {}});
  }
  if (!run.environment.warnings.empty()) {
    document.sections.push_back({"warnings", "Warnings", {}, bullets_of(run.environment.warnings), {}});
  }
  if (std::vector<std::string> notes = reading_notes(run); !notes.empty()) {
    document.sections.push_back(
        {"reading", "How to read these numbers", {}, std::move(notes), {}, false, true});
  }
  add_background(document, run);
  for (const std::string& file : options.files) {
    if (file.starts_with("run.json") || file.starts_with("sample") || file.starts_with("summar")) {
      document.files.push_back(file);
    }
  }
  document.source =
      fmt::format("A function of the stored run {}{}", one_line(run.run_id),
                  options.directory.empty() ? std::string()
                                            : "; made again by: bench report " + one_line(options.directory));
  return document;
}

}  // namespace bench
