#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/base/lists.h"
#include "bench/core/first_metrics.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/equivalence.h"

namespace bench {

TextTable equivalence_table(const Run& run) {
  TextTable table;
  std::vector<const TargetInfo*> targets;
  table.header = {""};
  for (const TargetInfo& target : run.targets) {
    targets.push_back(&target);
    table.header.push_back(one_line(target.name));
  }
  table.header.emplace_back("the same?");
  table.align = std::string(table.header.size(), 'l');
  for (const EquivalenceRow& row : equivalence(targets)) {
    std::vector<std::string> cells = {row.hash ? row.name + " (hash)" : row.name};
    for (const std::string& value : row.values) {
      const std::string text = one_line(row.hash ? value.substr(0, 12) : value);
      cells.push_back(text.empty() ? kUnknown : text);
    }
    switch (row.sameness) {
      case Sameness::kSame:
        cells.emplace_back("ok");
        break;
      case Sameness::kDifferent:
        cells.emplace_back("MISMATCH");
        break;
      case Sameness::kByDesign:
        cells.emplace_back(row.hash || row.name.starts_with(kVariableRow) ? "differs on purpose"
                                                                          : "differs by design");
        break;
      case Sameness::kWarned:
        cells.emplace_back("DIFFERS");
        break;
      case Sameness::kUnknown:
        cells.emplace_back("not verified");
        break;
    }
    if (row.name == "memory seen" && row.sameness == Sameness::kSame &&
        std::adjacent_find(row.values.begin(), row.values.end(), std::not_equal_to<>()) != row.values.end()) {
      table.notes.emplace_back("memory seen is less in a VM: its own kernel keeps some of what it was given");
    }
    table.rows.push_back(std::move(cells));
  }
  if (std::any_of(run.targets.begin(), run.targets.end(), [](const TargetInfo& target) {
        return target.source.instrumentation != Instrumentation::kFlask;
      })) {
    table.notes.emplace_back(
        "nothing was put beside the app: ready is the first complete answer with the expected status, at a "
        "port that was drawn for this trial");
  }
  if (std::any_of(targets.begin(), targets.end(),
                  [](const TargetInfo* target) { return !target->env.empty(); })) {
    table.notes.emplace_back("variables of the app are told apart by a digest; no value is stored");
  }
  for (const TargetInfo& target : run.targets) {
    if (target.source.kind != SourceKind::kDistribution) {
      table.notes.push_back(fmt::format("{} starts from the {} {}", one_line(target.name),
                                        to_text(target.source.kind), one_line(target.source.reference)));
      if (!target.source.builder.empty()) {
        table.notes.back() += fmt::format(", built by {}", one_line(target.source.builder));
      }
    }
    if (!target.app.empty()) {
      table.notes.push_back(
          fmt::format("{} runs another app on purpose: {}", one_line(target.name), one_line(target.app)));
    }
  }
  return table;
}

namespace {

/// The figures that people ask for. Sizes stand side by side with their ratios already. Of a scenario that
/// nobody declared, everything.
bool asked_for(const Run& run, const Comparison& comparison) {
  const ScenarioSpec* scenario = find_scenario(run, comparison.scenario);
  if (scenario == nullptr) return true;
  const MetricSpec* spec = find_metric(*scenario, comparison.metric);
  return spec != nullptr && !spec->exact && (spec->role == Role::kHeadline || spec->role == Role::kResult);
}

}  // namespace

TextTable comparison_table(const Run& run, bool all) {
  TextTable table;
  table.header = {"what", "b vs a", "ratio b/a [95 %]", "b − a", "verdict", "why"};
  table.align = "llrrll";
  for (const Comparison& comparison : run.comparisons) {
    if (!all && !asked_for(run, comparison)) {
      continue;
    }
    const Summary* summary = find_summary(run, comparison.scenario, comparison.b, comparison.metric);
    const double shift[] = {comparison.shift};
    const Scale scale = scale_for(summary != nullptr ? summary->unit : Unit::kNone, shift);
    table.rows.push_back(
        {all ? one_line(comparison.metric) : metric_words(run, comparison.metric),
         versus(run, comparison.b, comparison.a),
         comparison.ci95 ? fmt::format("{} {}", ratio_text(comparison.ratio), ratio_bracket(*comparison.ci95))
                         : ratio_text(comparison.ratio),
         (comparison.shift < 0 ? "−" : "+") + with_unit(std::abs(comparison.shift), scale),
         to_text(comparison.verdict), one_line(comparison.why)});
  }
  for (const Refusal& refused : refusals(run)) {
    const MetricSpec& spec = spec_of(run, refused.metric);
    if (all || spec.role == Role::kHeadline || spec.role == Role::kResult) {
      table.notes.push_back(fmt::format("{}, {}: no ratio: {}", metric_words(run, refused.metric),
                                        versus(run, refused.b, refused.a), one_line(refused.why)));
    }
  }
  return table;
}

namespace {

/// The scale that a column has, by the medians of all targets.
Scale column_scale(const Run& run, const std::string& scenario, const std::string& metric) {
  std::vector<double> values;
  Unit unit = Unit::kSeconds;
  for (const TargetInfo& target : run.targets) {
    if (const Summary* summary = find_summary(run, scenario, target.name, metric)) {
      values.push_back(summary->median);
      unit = summary->unit;
    }
  }
  return scale_for(unit, values);
}

std::string headed(const std::string& words, const Scale& scale) {
  return words + (scale.unit.empty() ? "" : " " + scale.unit);
}

/// A metric's median, interval, range and counts, a row per target; `beside`: medians of further metrics, as
/// the last columns.
TextTable summary_table(const Run& run, const std::string& scenario, const std::string& metric,
                        const std::vector<const MetricSpec*>& beside) {
  const Scale scale = column_scale(run, scenario, metric);
  TextTable table;
  table.header = {"target", headed("median", scale), "95 % interval", "min–max", "n", "failed"};
  table.align = "lrrrrr";
  std::vector<Scale> scales;
  for (const MetricSpec* column : beside) {
    scales.push_back(column_scale(run, scenario, column->name));
    table.header.push_back(headed(metric_words(run, column->name), scales.back()));
    table.align += 'r';
  }
  for (const TargetInfo& target : run.targets) {
    const Summary* summary = find_summary(run, scenario, target.name, metric);
    const std::string failed = std::to_string(failed_trials(run, scenario, target.name));
    std::vector<std::string> row = {stamped(target), kAbsent, kAbsent, kAbsent, "0", failed};
    if (summary != nullptr) {
      row = {stamped(target),
             in_scale(summary->median, scale),
             summary->ci95 ? bracket(*summary->ci95, scale) : kAbsent,
             fmt::format("{}–{}", in_scale(summary->min, scale), in_scale(summary->max, scale)),
             std::to_string(summary->n),
             failed};
    }
    if (summary != nullptr && summary->outliers > 0) {
      table.notes.push_back(fmt::format("{}: {} of {} flagged as outliers (kept in every number)",
                                        stamped(target), summary->outliers, summary->n));
    }
    for (std::size_t i = 0; i < beside.size(); ++i) {
      const Summary* other = find_summary(run, scenario, target.name, beside[i]->name);
      row.push_back(other != nullptr ? in_scale(other->median, scales[i]) : kAbsent);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// The compared metrics of a scenario that have a summary, in the order of the summaries.
std::vector<std::string> summarised_metrics(const Run& run, const std::string& scenario) {
  std::vector<std::string> metrics;
  for (const Summary& summary : run.summaries) {
    if (summary.scenario == scenario && is_compared(spec_of(run, summary.metric))) {
      add_once(metrics, summary.metric);
    }
  }
  return metrics;
}

}  // namespace

const std::vector<OwnTables>& own_tables() {
  static const std::vector<OwnTables> own = {{scenario::kSize, size_tables},
                                             {scenario::kMemory, memory_tables}};
  return own;
}

std::vector<TextTable> summary_tables(const Run& run) {
  std::vector<TextTable> tables;
  for (const std::string& scenario : scenarios_of(run)) {
    const auto is_its = [&](const OwnTables& own) { return own.scenario == scenario; };
    if (std::any_of(own_tables().begin(), own_tables().end(), is_its)) continue;
    const ScenarioSpec* declared = find_scenario(run, scenario);
    if (declared != nullptr && !declared->table.empty() && headline_of(*declared) != nullptr) {
      std::vector<const MetricSpec*> beside;
      for (const MetricSpec& spec : declared->metrics) {
        if (spec.role == Role::kResult) beside.push_back(&spec);
      }
      tables.push_back(summary_table(run, scenario, headline_of(*declared)->name, beside));
      tables.back().title = one_line(declared->table);
      continue;
    }
    for (const std::string& metric : summarised_metrics(run, scenario)) {
      tables.push_back(summary_table(run, scenario, metric, {}));
      const std::string& words = spec_of(run, metric).words;
      tables.back().title = words.empty()
                                ? one_line(metric)
                                : fmt::format("{}: {}", scenario_words(run, scenario), one_line(words));
    }
  }
  return tables;
}

}  // namespace bench
