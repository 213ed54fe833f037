#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/core/first_metrics.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"
#include "bench/stats/equivalence.h"

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
    std::vector<std::string> cells = {row.name == "app" ? "app (hash)" : row.name};
    for (const std::string& value : row.values) {
      const std::string text = one_line(row.name == "app" ? value.substr(0, 12) : value);
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
        cells.emplace_back(row.name == "app" ? "differs on purpose" : "differs by design");
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
  for (const TargetInfo& target : run.targets) {
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
    const Scale scale = scale_for(summary != nullptr ? summary->unit : "", shift);
    table.rows.push_back(
        {all ? one_line(comparison.metric) : metric_words(run, comparison.metric),
         versus(run, comparison.b, comparison.a),
         comparison.ci95 ? fmt::format("{} {}", ratio_text(comparison.ratio), ratio_bracket(*comparison.ci95))
                         : ratio_text(comparison.ratio),
         (comparison.shift < 0 ? "−" : "+") + with_unit(std::abs(comparison.shift), scale),
         to_text(comparison.verdict), one_line(comparison.why)});
  }
  return table;
}

std::vector<TextTable> summary_tables(const Run& run) {
  std::vector<TextTable> tables;
  for (const std::string& scenario : scenarios_of(run)) {
    if (scenario == scenario::kSize || scenario == scenario::kMemory) {
      continue;
    }
    std::vector<std::string> metrics;
    for (const Summary& summary : run.summaries) {
      if (summary.scenario == scenario && is_compared(spec_of(run, summary.metric)) &&
          std::find(metrics.begin(), metrics.end(), summary.metric) == metrics.end()) {
        metrics.push_back(summary.metric);
      }
    }
    const bool startup = scenario == scenario::kStartup;
    if (startup) {
      metrics = {metric::kReady};
    }
    for (const std::string& metric : metrics) {
      const auto scale_of = [&](const std::string& name) {
        std::vector<double> values;
        std::string unit = "seconds";
        for (const TargetInfo& target : run.targets) {
          if (const Summary* summary = find_summary(run, scenario, target.name, name)) {
            values.push_back(summary->median);
            unit = summary->unit;
          }
        }
        return scale_for(unit, values);
      };
      const Scale scale = scale_of(metric);
      const Scale cpu = scale_of(metric::kCpu);
      const Scale stop = scale_of(metric::kStop);
      const std::string unit = scale.unit.empty() ? "" : " " + scale.unit;
      TextTable table;
      table.title =
          startup ? "Start-up: from the first engine call to the first verified answer" : one_line(metric);
      table.header = {"target", "median" + unit, "95 % interval", "min–max", "n", "failed"};
      if (startup) {
        table.header.insert(table.header.end(), {"CPU " + cpu.unit, "stop " + stop.unit});
      }
      table.align = "lrrrrrrr";
      for (const TargetInfo& target : run.targets) {
        const Summary* summary = find_summary(run, scenario, target.name, metric);
        const std::string failed = std::to_string(failed_trials(run, scenario, target.name));
        std::vector<std::string> row = {stamped(target)};
        if (summary == nullptr) {
          row.insert(row.end(), {kAbsent, kAbsent, kAbsent, "0", failed});
        } else {
          row.insert(
              row.end(),
              {in_scale(summary->median, scale), summary->ci95 ? bracket(*summary->ci95, scale) : kAbsent,
               fmt::format("{}–{}", in_scale(summary->min, scale), in_scale(summary->max, scale)),
               std::to_string(summary->n), failed});
          if (summary->outliers > 0) {
            table.notes.push_back(fmt::format("{}: {} of {} flagged as outliers (kept in every number)",
                                              stamped(target), summary->outliers, summary->n));
          }
        }
        if (startup) {
          const Summary* of_cpu = find_summary(run, scenario, target.name, metric::kCpu);
          const Summary* of_stop = find_summary(run, scenario, target.name, metric::kStop);
          row.push_back(of_cpu != nullptr ? in_scale(of_cpu->median, cpu) : kAbsent);
          row.push_back(of_stop != nullptr ? in_scale(of_stop->median, stop) : kAbsent);
        }
        table.rows.push_back(std::move(row));
      }
      tables.push_back(std::move(table));
    }
  }
  return tables;
}

}  // namespace bench
