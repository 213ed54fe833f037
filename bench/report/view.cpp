#include "bench/report/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "bench/report/numbers.h"
#include "bench/stats/equivalence.h"

namespace bench {
namespace {

constexpr const char* kUnknown = "?";
constexpr const char* kAbsent = "–";

const TargetInfo* find_target(const Run& run, const std::string& name) {
  const auto found = std::find_if(run.targets.begin(), run.targets.end(),
                                  [&](const TargetInfo& target) { return target.name == name; });
  return found == run.targets.end() ? nullptr : &*found;
}

const Summary* find_summary(const Run& run, const std::string& scenario, const std::string& target,
                            const std::string& metric) {
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(), [&](const Summary& summary) {
    return summary.scenario == scenario && summary.target == target && summary.metric == metric;
  });
  return found == run.summaries.end() ? nullptr : &*found;
}

/// Scenarios in the order in which they were measured.
std::vector<std::string> scenarios_of(const Run& run) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  };
  for (const Sample& sample : run.samples) {
    add(sample.scenario);
  }
  for (const Failure& failure : run.failures) {
    add(failure.scenario);
  }
  return names;
}

std::string headline_metric(const Run& run, const std::string& scenario) {
  if (scenario == "startup") {
    return "startup.ready";
  }
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(),
                                  [&](const Summary& summary) { return summary.scenario == scenario; });
  return found == run.summaries.end() ? std::string() : found->metric;
}

/// Rounds in which something was tried, the warm-up apart.
std::size_t rounds_tried(const Run& run, const std::string& scenario) {
  std::set<int> rounds;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.scenario == scenario) {
      rounds.insert(sample.round);
    }
  }
  for (const Failure& failure : run.failures) {
    if (!failure.warmup && failure.scenario == scenario) {
      rounds.insert(failure.round);
    }
  }
  return rounds.size();
}

std::size_t failed_trials(const Run& run, const std::string& scenario, const std::string& target) {
  return static_cast<std::size_t>(std::count_if(
      run.failures.begin(), run.failures.end(),
      [&](const Failure& f) { return !f.warmup && f.scenario == scenario && f.target == target; }));
}

/// "container", "VM (libvirt:direct)": the name says more only where it must.
std::string spoken(const Run& run, const TargetInfo& target) {
  const std::string name = one_line(target.name);
  if (target.kind == "container") {
    const auto containers = std::count_if(run.targets.begin(), run.targets.end(),
                                          [](const TargetInfo& other) { return other.kind == "container"; });
    return containers == 1 ? "container" : fmt::format("container ({})", name);
  }
  return fmt::format("{} ({})", target.kind == "vm" ? "VM" : one_line(target.kind), name);
}

std::string value_text(const Summary& summary) {
  const double value[] = {summary.median};
  return with_unit(summary.median,
                   summary.unit == "seconds" ? Scale{1, "s"} : scale_for(summary.unit, value));
}

/// When a failure happened, for people: rounds count from 1.
struct FailedRounds {
  std::vector<int> rounds;
  std::size_t warmups = 0;

  [[nodiscard]] std::string words() const {
    constexpr std::size_t kShown = 20;
    std::string text = warmups > 0 ? "warm-up" : "";
    if (!rounds.empty()) {
      const std::vector<int> shown(
          rounds.begin(), rounds.begin() + static_cast<std::ptrdiff_t>(std::min(rounds.size(), kShown)));
      text += fmt::format("{}round{} {}{}", text.empty() ? "" : ", ", rounds.size() == 1 ? "" : "s",
                          fmt::join(shown, ", "), rounds.size() > kShown ? ", …" : "");
    }
    return text;
  }
};

/// "startup.ready" as "ready"; other scenarios keep the whole name.
std::string metric_words(const std::string& metric) {
  static const std::map<std::string, std::string> words = {
      {"startup.ready", "ready"}, {"startup.cpu", "CPU"}, {"startup.stop", "stop"}};
  const auto found = words.find(metric);
  return found == words.end() ? one_line(metric) : found->second;
}

/// "libvirt:direct (TCG) vs docker", "libvirt:full vs libvirt:direct (both TCG)"
std::string versus(const Run& run, const std::string& b, const std::string& a) {
  const TargetInfo* of_a = find_target(run, a);
  const TargetInfo* of_b = find_target(run, b);
  if (of_a != nullptr && of_b != nullptr && of_a->acceleration == "tcg" && of_b->acceleration == "tcg") {
    return fmt::format("{} vs {} (both TCG)", one_line(b), one_line(a));
  }
  return fmt::format("{} vs {}", stamped(run, b), stamped(run, a));
}

std::string pair_headline(const Run& run, const Comparison& comparison) {
  const TargetInfo* a = find_target(run, comparison.a);
  const TargetInfo* b = find_target(run, comparison.b);
  const Summary* of_a = find_summary(run, comparison.scenario, comparison.a, comparison.metric);
  const Summary* of_b = find_summary(run, comparison.scenario, comparison.b, comparison.metric);
  if (a == nullptr || b == nullptr || of_a == nullptr || of_b == nullptr) {
    return {};
  }
  std::string line = comparison.scenario == "startup"
                         ? fmt::format("{} ready in {}, {} in {}", spoken(run, *a), value_text(*of_a),
                                       spoken(run, *b), value_text(*of_b))
                         : fmt::format("{}: {} {}, {} {}", metric_words(comparison.metric), spoken(run, *a),
                                       value_text(*of_a), spoken(run, *b), value_text(*of_b));
  line += fmt::format(": {}", ratio_text(comparison.ratio));
  if (comparison.ci95) {
    line += " " + ratio_bracket(*comparison.ci95);
  }
  line += fmt::format(", {} of {} rounds; ", comparison.n, rounds_tried(run, comparison.scenario));
  const bool plain = comparison.verdict != "not comparable" && comparison.verdict != "inconclusive";
  if (plain) {
    line += comparison.verdict == "equivalent" ? "equivalent"
                                               : fmt::format("{} is {}", spoken(run, *b), comparison.verdict);
  } else if (comparison.why.starts_with("VM emulated")) {
    line += one_line(comparison.why);
  } else {
    line += fmt::format("{}: {}", comparison.verdict, one_line(comparison.why));
  }
  // Two emulated VMs do compare; what they are is said all the same.
  if (a->acceleration == "tcg" && b->acceleration == "tcg") {
    line += " (both emulated, TCG)";
  }
  return line;
}

std::string single_headline(const Run& run, const std::string& scenario, const TargetInfo& target) {
  const Summary* summary = find_summary(run, scenario, target.name, headline_metric(run, scenario));
  const std::size_t failed = failed_trials(run, scenario, target.name);
  if (summary == nullptr) {
    return failed == 0 ? fmt::format("{}: nothing measured", stamped(target))
                       : fmt::format("{}: no valid {}, {} of {} failed", stamped(target),
                                     scenario == "startup" ? "start" : "trial", failed, failed);
  }
  std::string line =
      scenario == "startup"
          ? fmt::format("{} ready in {}", stamped(target), value_text(*summary))
          : fmt::format("{}: {} {}", metric_words(summary->metric), stamped(target), value_text(*summary));
  if (summary->ci95) {
    const double value[] = {summary->median};
    line += " " + bracket(*summary->ci95,
                          summary->unit == "seconds" ? Scale{1, "s"} : scale_for(summary->unit, value));
  }
  return line + fmt::format(", {} of {} rounds; nothing to compare it with", summary->n,
                            rounds_tried(run, scenario));
}

}  // namespace

std::string stamped(const TargetInfo& target) {
  std::string name = one_line(target.name);
  if (target.acceleration == "tcg") {
    name += " (TCG)";
  } else if (target.acceleration == "kvm-nested") {
    name += " (nested KVM)";
  }
  return name;
}

std::string stamped(const Run& run, const std::string& target) {
  const TargetInfo* info = find_target(run, target);
  return info == nullptr ? one_line(target) : stamped(*info);
}

std::string fact_text(const Fact& fact) {
  return std::visit(
      [](const auto& held) -> std::string {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) {
          return "unknown";
        } else if constexpr (std::is_same_v<Held, bool>) {
          return held ? "yes" : "no";
        } else if constexpr (std::is_same_v<Held, std::string>) {
          return one_line(held);
        } else {
          return fmt::format("{}", held);
        }
      },
      fact);
}

std::vector<std::string> headlines(const Run& run) {
  std::vector<std::string> lines;
  for (const std::string& scenario : scenarios_of(run)) {
    const std::string metric = headline_metric(run, scenario);
    std::set<std::string> spoken_for;
    std::string base;
    for (const Comparison& comparison : run.comparisons) {
      if (comparison.scenario != scenario || comparison.metric != metric ||
          (!base.empty() && comparison.a != base)) {
        continue;
      }
      if (const std::string line = pair_headline(run, comparison); !line.empty()) {
        base = comparison.a;
        lines.push_back(line);
        spoken_for.insert({comparison.a, comparison.b});
      }
    }
    for (const TargetInfo& target : run.targets) {
      if (!spoken_for.contains(target.name)) {
        lines.push_back(single_headline(run, scenario, target));
      }
    }
  }
  if (lines.empty()) {
    lines.emplace_back("nothing was measured");
  }
  return lines;
}

std::vector<std::string> status_lines(const Run& run) {
  std::vector<std::string> lines;
  std::size_t tried = 0;
  for (const std::string& scenario : scenarios_of(run)) {
    const std::size_t rounds = rounds_tried(run, scenario);
    tried = tried == 0 ? rounds : std::min(tried, rounds);
  }
  const std::string progress = fmt::format("after {} of {} rounds", tried, run.rounds);
  if (run.status == "interrupted") {
    const bool by_signal = run.stopped_by == "signal";
    lines.push_back(fmt::format("INTERRUPTED{} {}: only what was measured until then is shown",
                                by_signal ? " by a signal" : "", progress));
  } else if (run.status == "failed") {
    lines.push_back(fmt::format("FAILED {}: the run ended with an error", progress));
  } else if (run.stopped_by == "precision") {
    lines.push_back(fmt::format("stopped early {}: the ratios were precise enough", progress));
  } else if (run.stopped_by == "budget") {
    lines.push_back(fmt::format("stopped early {}: the time budget was spent", progress));
  }
  if (tried > 0 && tried < 6) {
    lines.push_back(fmt::format("EXPLORATORY: {} round{}; an interval needs 6, a verdict 10", tried,
                                tried == 1 ? "" : "s"));
  } else if (tried > 0 && tried < 10) {
    lines.push_back(fmt::format("EXPLORATORY: {} rounds; a verdict needs 10", tried));
  }
  return lines;
}

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
        cells.emplace_back("differs by design");
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
  return table;
}

TextTable comparison_table(const Run& run, bool all) {
  TextTable table;
  table.header = {"what", "b vs a", "ratio b/a [95 %]", "b − a", "verdict", "why"};
  table.align = "llrrll";
  for (const Comparison& comparison : run.comparisons) {
    const bool asked_for = comparison.scenario != "startup" || comparison.metric == "startup.ready" ||
                           comparison.metric == "startup.cpu" || comparison.metric == "startup.stop";
    if (!all && !asked_for) {
      continue;
    }
    const Summary* summary = find_summary(run, comparison.scenario, comparison.b, comparison.metric);
    const double shift[] = {comparison.shift};
    const Scale scale = scale_for(summary != nullptr ? summary->unit : "", shift);
    table.rows.push_back(
        {all ? one_line(comparison.metric) : metric_words(comparison.metric),
         versus(run, comparison.b, comparison.a),
         comparison.ci95 ? fmt::format("{} {}", ratio_text(comparison.ratio), ratio_bracket(*comparison.ci95))
                         : ratio_text(comparison.ratio),
         (comparison.shift < 0 ? "−" : "+") + with_unit(std::abs(comparison.shift), scale),
         comparison.verdict, one_line(comparison.why)});
  }
  return table;
}

std::vector<TextTable> summary_tables(const Run& run) {
  std::vector<TextTable> tables;
  for (const std::string& scenario : scenarios_of(run)) {
    std::vector<std::string> metrics;
    for (const Summary& summary : run.summaries) {
      if (summary.scenario == scenario &&
          std::find(metrics.begin(), metrics.end(), summary.metric) == metrics.end()) {
        metrics.push_back(summary.metric);
      }
    }
    const bool startup = scenario == "startup";
    if (startup) {
      metrics = {"startup.ready"};
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
      const Scale cpu = scale_of("startup.cpu");
      const Scale stop = scale_of("startup.stop");
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
          const Summary* of_cpu = find_summary(run, scenario, target.name, "startup.cpu");
          const Summary* of_stop = find_summary(run, scenario, target.name, "startup.stop");
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

std::vector<FailureGroup> failure_groups(const Run& run) {
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::vector<std::pair<Key, FailedRounds>> groups;
  for (const Failure& failure : run.failures) {
    const std::string censored = failure.censored_at ? fmt::format(" (censored: it takes more than {} s)",
                                                                   significant(*failure.censored_at))
                                                     : "";
    const Key key = {failure.scenario, failure.target, failure.phase, failure.message, censored};
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& entry) { return entry.first == key; });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {key, {}});
    }
    if (failure.warmup) {
      ++group->second.warmups;
    } else {
      group->second.rounds.push_back(failure.round + 1);
    }
  }
  std::vector<FailureGroup> result;
  for (const auto& [key, when] : groups) {
    const auto& [scenario, target, phase, message, censored] = key;
    result.push_back({fmt::format("{} × {}{}: {}{}", when.rounds.size() + when.warmups, stamped(run, target),
                                  phase.empty() ? "" : fmt::format(", in phase {}", one_line(phase)),
                                  shorten(one_line(message), 400), censored),
                      when.words()});
  }
  return result;
}

}  // namespace bench
