#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/base/text.h"
#include "bench/core/first_metrics.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/equivalence.h"

namespace bench {
namespace {

std::string headline_metric(const Run& run, const std::string& scenario) {
  const ScenarioSpec* spec = find_scenario(run, scenario);
  if (const MetricSpec* headline = spec == nullptr ? nullptr : headline_of(*spec)) return headline->name;
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(),
                                  [&](const Summary& summary) { return summary.scenario == scenario; });
  return found == run.summaries.end() ? std::string() : found->metric;
}

std::string median_in_words(const Summary& summary) {
  const double value[] = {summary.median};
  return with_unit(summary.median,
                   summary.unit == Unit::kSeconds ? Scale{1, "s"} : scale_for(summary.unit, value));
}

/// "; on disk 210 and 640 MiB: 3.05×"
std::string second_figure(const Run& run, const Comparison& comparison, const char* metric,
                          const char* words) {
  const Summary* of_a = find_summary(run, comparison.scenario, comparison.a, metric);
  const Summary* of_b = find_summary(run, comparison.scenario, comparison.b, metric);
  const MetricSpec& spec = spec_of(run, metric);
  if (of_a == nullptr || of_b == nullptr || of_a->median <= 0 || of_b->median <= 0 ||
      !is_quotable(spec, of_a->ci95) || !is_quotable(spec, of_b->ci95)) {
    return {};
  }
  return fmt::format("; {} {} and {}: {}", words, median_in_words(*of_a), median_in_words(*of_b),
                     ratio_text(of_b->median / of_a->median));
}

/// How sure it is, and what it says.
std::string standing(const Run& run, const Comparison& comparison, const TargetInfo& a, const TargetInfo& b) {
  if (spec_of(run, comparison.metric).exact) {
    return comparison.verdict == Verdict::kNotComparable ? "; not comparable: " + one_line(comparison.why)
                                                         : "; exact";
  }
  const std::string rounds =
      fmt::format(", {} of {}; ", comparison.n, counted(rounds_tried(run, comparison.scenario), "round"));
  if (comparison.verdict == Verdict::kEquivalent) {
    return rounds + to_text(comparison.verdict);
  }
  if (comparison.verdict != Verdict::kNotComparable && comparison.verdict != Verdict::kInconclusive) {
    return rounds + fmt::format("{} is {}", spoken(run, b), to_text(comparison.verdict));
  }
  if (const std::string emulated = emulated_apart(spec_of(run, comparison.metric), a, b);
      comparison.verdict == Verdict::kNotComparable && mismatch(a, b).empty() && !emulated.empty()) {
    return rounds + emulated;
  }
  return rounds + fmt::format("{}: {}", to_text(comparison.verdict), one_line(comparison.why));
}

std::string pair_headline(const Run& run, const Comparison& comparison) {
  const TargetInfo* a = find_target(run, comparison.a);
  const TargetInfo* b = find_target(run, comparison.b);
  const Summary* of_a = find_summary(run, comparison.scenario, comparison.a, comparison.metric);
  const Summary* of_b = find_summary(run, comparison.scenario, comparison.b, comparison.metric);
  if (a == nullptr || b == nullptr || of_a == nullptr || of_b == nullptr) {
    return {};
  }
  const char* in = comparison.scenario == scenario::kStartup ? " ready in" : "";
  const std::string of_both =
      fmt::format("{}{} {}, {}{} {}", spoken(run, *a), in, median_in_words(*of_a), spoken(run, *b),
                  comparison.scenario == scenario::kStartup ? " in" : "", median_in_words(*of_b));
  std::string line = comparison.scenario == scenario::kStartup ? of_both
                     : comparison.scenario == scenario::kSize  ? fmt::format("image: {} to send", of_both)
                     : comparison.scenario == scenario::kMemory
                         ? fmt::format("memory: {} of the host (PSS)", of_both)
                         : fmt::format("{}: {}", metric_words(run, comparison.metric), of_both);
  line += fmt::format(": {}", ratio_text(comparison.ratio));
  if (comparison.ci95) {
    line += " " + ratio_bracket(*comparison.ci95);
  }
  if (comparison.scenario == scenario::kSize) {
    line += second_figure(run, comparison, metric::kDisk, "on disk");
  }
  line += standing(run, comparison, *a, *b);
  if (comparison.scenario == scenario::kMemory) {
    line += second_figure(run, comparison, metric::kOneMore, "one more costs");
  }
  if (comparison.scenario == scenario::kSize) {
    return line;
  }
  // Two emulated VMs do compare; what they are is said all the same.
  if (a->acceleration == Acceleration::kTcg && b->acceleration == Acceleration::kTcg) {
    line += " (both emulated, TCG)";
  }
  return line;
}

std::string single_headline(const Run& run, const std::string& scenario, const TargetInfo& target) {
  const Summary* summary = find_summary(run, scenario, target.name, headline_metric(run, scenario));
  const std::size_t failed = failed_trials(run, scenario, target.name);
  if (summary == nullptr) {
    const std::string what = scenario == scenario::kSize     ? "image: "
                             : scenario == scenario::kMemory ? "memory: "
                                                             : "";
    const bool outside = std::any_of(run.failures.begin(), run.failures.end(), [&](const Failure& failure) {
      return !is_of_a_round(failure) && failure.scenario == scenario && failure.target == target.name;
    });
    return what + stamped(target) +
           (failed > 0 ? fmt::format(": no valid {}, {} of {} failed",
                                     scenario == scenario::kStartup ? "start" : "trial", failed, failed)
            : outside  ? ": failed, see below"
                       : ": nothing measured");
  }
  const std::string what = scenario == scenario::kSize     ? "image to send"
                           : scenario == scenario::kMemory ? "memory of the host (PSS)"
                                                           : metric_words(run, summary->metric);
  std::string line = scenario == scenario::kStartup
                         ? fmt::format("{} ready in {}", stamped(target), median_in_words(*summary))
                         : fmt::format("{}: {} {}", what, stamped(target), median_in_words(*summary));
  if (summary->ci95) {
    const double value[] = {summary->median};
    line += " " + bracket(*summary->ci95,
                          summary->unit == Unit::kSeconds ? Scale{1, "s"} : scale_for(summary->unit, value));
  }
  return line +
         (spec_of(run, summary->metric).exact
              ? "; exact"
              : fmt::format(", {} of {}", summary->n, counted(rounds_tried(run, scenario), "round"))) +
         "; nothing to compare it with";
}

}  // namespace

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
    if (rounds > 0) {
      tried = tried == 0 ? rounds : std::min(tried, rounds);
    }
  }
  const std::string progress = fmt::format("after {} of {}", tried, counted(run.rounds, "round"));
  if (run.status == RunStatus::kInterrupted) {
    const bool by_signal = run.stopped_by == "signal";
    lines.push_back(fmt::format("INTERRUPTED{} {}: only what was measured until then is shown",
                                by_signal ? " by a signal" : "", progress));
  } else if (run.status == RunStatus::kFailed) {
    lines.push_back(fmt::format("FAILED {}: the run ended with an error", progress));
  } else if (run.stopped_by == "precision") {
    lines.push_back(fmt::format("stopped early {}: the ratios were precise enough", progress));
  } else if (run.stopped_by == "budget") {
    lines.push_back(fmt::format("stopped early {}: the time budget was spent", progress));
  }
  if (tried > 0 && tried < 6) {
    lines.push_back(
        fmt::format("EXPLORATORY: {}; an interval needs 6, a verdict 10", counted(tried, "round")));
  } else if (tried > 0 && tried < 10) {
    lines.push_back(fmt::format("EXPLORATORY: {} rounds; a verdict needs 10", tried));
  }
  return lines;
}

}  // namespace bench
