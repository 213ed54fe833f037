#include <fmt/format.h>

#include <algorithm>

#include "bench/report/exports/formats.h"
#include "bench/report/exports/series.h"
#include "bench/report/render/markdown_text.h"
#include "bench/report/render/table.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/view.h"

namespace bench {
namespace {

constexpr std::size_t kShownLines = 10;  // of failures and of warnings: the page of a job is no archive

/// Nothing where there are no rows.
std::string table_text(const TextTable& table) {
  return table.rows.empty() ? "" : markdown_table(table) + "\n";
}

/// At most kShownLines bullets; what was left out is counted.
std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  const std::size_t shown = std::min(lines.size(), kShownLines);
  for (std::size_t i = 0; i < shown; ++i) text += "- " + markdown_escaped(lines[i]) + "\n";
  if (shown < lines.size()) text += fmt::format("- and {} more\n", lines.size() - shown);
  return text.empty() ? text : text + "\n";
}

std::string mark(const Run& run) {
  const bool failed_trials = std::any_of(run.failures.begin(), run.failures.end(),
                                         [](const Failure& failure) { return !failure.warmup; });
  if (run.status != RunStatus::kComplete) return "❌";
  return failed_trials ? "⚠️" : "✅";
}

/// The metrics that people ask for first, one row per target.
TextTable summary_medians(const Run& run) {
  TextTable table;
  table.header = {"metric", "target", "median", "95 % interval", "n", "failed"};
  table.align = "llrrrr";
  for (const Summary& summary : run.summaries) {
    if (!smaller_is_better(run, summary)) continue;
    const double value = summary.median;
    const Scale scale = scale_for(summary.unit, {&value, 1});
    table.rows.push_back({summary.metric, stamped(run, summary.target), with_unit(value, scale),
                          summary.ci95 ? bracket(*summary.ci95, scale) : "–", fmt::format("{}", summary.n),
                          fmt::format("{}", summary.failures)});
  }
  return table;
}

}  // namespace

std::string ci_summary_export(const Run& run) {
  std::string text = fmt::format("### {} bench: {}\n\n", mark(run), to_text(run.status));
  for (const std::string& line : headlines(run)) text += "**" + markdown_escaped(line) + "**\n\n";
  for (const std::string& line : status_lines(run)) text += markdown_escaped(line) + "\n\n";
  text += table_text(comparison_table(run, false));
  std::vector<std::string> failures;
  for (const FailureGroup& group : failure_groups(run)) {
    failures.push_back(group.rounds.empty() ? group.what : group.what + " (" + group.rounds + ")");
  }
  if (!failures.empty()) text += "Failed trials:\n\n" + bullets(failures);
  std::vector<std::string> warnings;
  for (const Warning& warning : run.environment.warnings) {
    warnings.push_back(one_line(warning.text + (warning.remedy.empty() ? "" : " – " + warning.remedy)));
  }
  if (!warnings.empty()) text += "Warnings:\n\n" + bullets(warnings);
  if (const std::string table = table_text(summary_medians(run)); !table.empty()) {
    text += "<details><summary>Medians</summary>\n\n" + table + "</details>\n\n";
  }
  return text + fmt::format("Run {}, bench {}, {} to {}, seed {}.\n", markdown_escaped(run.run_id),
                            markdown_escaped(run.suite_version), markdown_escaped(run.started_at),
                            run.finished_at.empty() ? "?" : markdown_escaped(run.finished_at), run.seed);
}

}  // namespace bench
