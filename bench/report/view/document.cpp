#include "bench/report/view/document.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "bench/base/text.h"
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

std::vector<TextTable> phases_of_document(const std::vector<PhaseTable>& phases) {
  std::vector<TextTable> tables;
  for (const PhaseTable& phase : phases) {
    TextTable table;
    table.title = phase.title;
    table.header = {"phase", "took " + phase.scale.unit, "at " + phase.scale.unit, "share"};
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
    table.rows.push_back({one_line(target.name), to_text(family_of(target.traits)),
                          one_line(target.engine_name + " " + target.engine_version),
                          to_text(target.acceleration), more});
  }
  return table;
}

/// "10 rounds planned and 1 warm-up, the order shuffled in each with seed 7"
std::string plan_text(const Run& run) {
  return fmt::format("{} planned and {} warm-up, the order shuffled in each with seed {}",
                     counted(run.rounds, "round"), run.warmup_rounds, run.seed);
}

TextTable provenance(const Run& run) {
  TextTable table = facts_table({}, "");
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, one_line(value)});
  };
  add("run", run.run_id);
  add("from", run.started_at);
  add("to", run.finished_at);
  add("status", to_text(run.status) + (run.stopped_by.empty() ? "" : ", ended by: " + run.stopped_by));
  add("plan", plan_text(run));
  if (run.wall_seconds > 0) {
    add("measuring", fmt::format("{} s, {} s of them inside trials", significant(run.wall_seconds),
                                 significant(run.trials_seconds)));
  }
  add("bench", run.suite_version + (run.suite_commit.empty() ? "" : ", commit " + run.suite_commit));
  std::vector<std::string> words;
  std::transform(run.command.begin(), run.command.end(), std::back_inserter(words),
                 [](const std::string& word) { return shell_word(one_line(word)); });
  add("command", fmt::format("{}", fmt::join(words, " ")));
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

void add_failures(Document& document, const Run& run) {
  const std::vector<FailureGroup> groups = failure_groups(run);
  if (groups.empty()) return;
  Section section{"failures", "Failures", {"Counted beside the numbers, never part of one."}, {}, {}};
  section.tone = Tone::kFailure;
  for (const FailureGroup& group : groups) {
    section.bullets.emplace_back(fmt::format("{} ({})", group.what, group.rounds));
  }
  document.sections.push_back(std::move(section));
}

void add_warnings(Document& document, const Run& run) {
  if (run.environment.warnings.empty()) return;
  Section section{"warnings", "Warnings", {}, {}, {}};
  section.tone = Tone::kWarning;
  for (const Warning& warning : run.environment.warnings) {
    section.bullets.emplace_back(one_line(warning.text), one_line(warning.remedy));
  }
  document.sections.push_back(std::move(section));
}

void add_reading(Document& document, const Run& run) {
  const std::vector<std::string> notes = reading_notes(run);
  if (notes.empty()) return;
  Section section{"reading", "How to read these numbers", {}, {notes.begin(), notes.end()}, {}, false, true};
  section.named = true;
  document.sections.push_back(std::move(section));
}

void add_phases(Document& document, const Run& run) {
  const std::size_t before = document.sections.size();
  std::vector<PhaseTable> phases = phase_tables(run);
  add_tables(
      document, "phases", "Where the time goes", phases_of_document(phases),
      {"The phases of each target's median start: took is the phase alone, at the clock when it ended; "
       "the durations add up to ready. "
       "“–”: this kind of target has no such phase. “?”: unknown, its time is in the next known phase."});
  if (document.sections.size() > before) document.sections.back().phases = std::move(phases);
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

/// The plan and the state of the cache; nothing where all was counted once, before any round.
std::string plan_of_document(const Run& run) {
  const bool rounds = std::any_of(run.samples.begin(), run.samples.end(),
                                  [&](const Sample& sample) { return !spec_of(run, sample.metric).exact; });
  if (!rounds) return {};
  const auto cache = run.conditions.find("cache");
  return plan_text(run) +
         (cache == run.conditions.end() ? "" : fmt::format("; cache {}", fact_text(cache->second)));
}

}  // namespace

std::vector<std::string> lines_of(const std::vector<Bullet>& bullets) {
  std::vector<std::string> lines;
  lines.reserve(bullets.size());
  for (const Bullet& bullet : bullets) {
    lines.push_back(bullet.text + (bullet.remedy.empty() ? "" : " → " + bullet.remedy));
  }
  return lines;
}

Document run_document(const Run& run, const ReportOptions& options) {
  Document document;
  document.title = "Containers and VMs: what was measured";
  document.subtitle = fmt::format(
      "{} · {} planned{}", counted(std::ssize(run.targets), "target"), counted(run.rounds, "round"),
      run.started_at.empty() ? "" : " · " + one_line(run.started_at.substr(0, 10)));
  document.banners = status_lines(run);
  document.headlines = headlines(run);
  document.tiles = tiles(run);
  document.plan = plan_of_document(run);
  document.words = writeup(run);
  document.verdicts = claim_views(run);
  add_tables(document, "results", "Results", summary_tables(run));
  for (const OwnTables& own : own_tables()) {
    add_tables(document, own.scenario, scenario_words(run, own.scenario), own.make(run));
  }
  add_tables(document, "comparisons", "Comparisons", {comparison_table(run, false)},
             {"The ratio of the medians b/a, its 95 % interval over paired rounds, and the shift b − a."});
  add_phases(document, run);
  if (!run.targets.empty()) {
    add_tables(document, "equivalence", "The same on every side?", {equivalence_table(run)},
               {"As the running instances said themselves."});
  }
  add_failures(document, run);
  add_warnings(document, run);
  add_reading(document, run);
  add_background(document, run);
  for (const std::string& file : options.files) {
    if (file.starts_with("run.json") || file.starts_with("sample") || file.starts_with("summar")) {
      document.files.push_back(file);
    }
  }
  document.source = fmt::format(
      "A function of the stored run {}{}", one_line(run.run_id),
      options.directory.empty() ? std::string()
                                : "; made again by: bench report " + shell_word(one_line(options.directory)));
  return document;
}

}  // namespace bench
