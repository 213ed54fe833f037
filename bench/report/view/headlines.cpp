#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/base/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/equivalence.h"

namespace bench {
namespace {

/// The declaration; an empty one of a scenario that nobody declared.
const ScenarioSpec& declared(const Run& run, const std::string& scenario) {
  static const ScenarioSpec kUndeclared;
  const ScenarioSpec* spec = find_scenario(run, scenario);
  return spec == nullptr ? kUndeclared : *spec;
}

std::string headline_metric(const Run& run, const std::string& scenario) {
  if (const MetricSpec* headline = headline_of(declared(run, scenario))) return headline->name;
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(),
                                  [&](const Summary& summary) { return summary.scenario == scenario; });
  return found == run.summaries.end() ? std::string() : found->metric;
}

/// A time is in seconds, however short it is.
Scale headline_scale(const Summary& summary) {
  const double value[] = {summary.median};
  return summary.unit == Unit::kSeconds ? Scale{1, "s"} : scale_for(summary.unit, value);
}

std::string median_in_words(const Summary& summary) {
  return with_unit(summary.median, headline_scale(summary));
}

/// "; on disk 210 MiB and 640 MiB: 3.05×": the results that stand beside the headline. `alike`: those that
/// are as exact as it is, and share the word for it; else the others.
std::string figures_beside(const Run& run, const Comparison& comparison, const TargetInfo& a,
                           const TargetInfo& b, bool alike) {
  const bool exact = spec_of(run, comparison.metric).exact;
  std::string text;
  for (const MetricSpec& spec : declared(run, comparison.scenario).metrics) {
    const Summary* of_a = find_summary(run, comparison.scenario, comparison.a, spec.name);
    const Summary* of_b = find_summary(run, comparison.scenario, comparison.b, spec.name);
    if (!spec.prominent || spec.name == comparison.metric || (exact && spec.exact) != alike ||
        of_a == nullptr || of_b == nullptr || of_a->median <= 0 || of_b->median <= 0 ||
        !is_quotable(spec, of_a->ci95) || !is_quotable(spec, of_b->ci95) ||
        !no_ratio(spec, {run, a}, {run, b}).empty()) {
      continue;
    }
    text +=
        fmt::format("; {} {} and {}: {}", spec.beside.empty() ? column_words(spec, spec.name) : spec.beside,
                    median_in_words(*of_a), median_in_words(*of_b), ratio_text(of_b->median / of_a->median));
  }
  return text;
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

std::string after_space(const std::string& words) {
  return words.empty() ? words : " " + words;
}

std::string pair_headline(const Run& run, const Comparison& comparison) {
  const TargetInfo* a = find_target(run, comparison.a);
  const TargetInfo* b = find_target(run, comparison.b);
  const Summary* of_a = find_summary(run, comparison.scenario, comparison.a, comparison.metric);
  const Summary* of_b = find_summary(run, comparison.scenario, comparison.b, comparison.metric);
  if (a == nullptr || b == nullptr || of_a == nullptr || of_b == nullptr) {
    return {};
  }
  const HeadlineWords& words = declared(run, comparison.scenario).headline;
  const std::string about =
      words.about.empty() && words.verb.empty() ? metric_words(run, comparison.metric) : words.about;
  std::string line =
      fmt::format("{}{}{} {}, {}{} {}{}: {}", about.empty() ? "" : about + ": ", spoken(run, *a),
                  after_space(words.verb), median_in_words(*of_a), spoken(run, *b), after_space(words.again),
                  median_in_words(*of_b), after_space(words.after), ratio_text(comparison.ratio));
  if (comparison.ci95) line += " " + ratio_bracket(*comparison.ci95);
  line += figures_beside(run, comparison, *a, *b, true) + standing(run, comparison, *a, *b) +
          figures_beside(run, comparison, *a, *b, false);
  // Two emulated VMs do compare; what they are is said all the same, where it changes the figure.
  if (spec_of(run, comparison.metric).needs_hardware && a->acceleration == Acceleration::kTcg &&
      b->acceleration == Acceleration::kTcg) {
    line += " (both emulated, TCG)";
  }
  return line;
}

std::string single_headline(const Run& run, const std::string& scenario, const TargetInfo& target) {
  const Summary* summary = find_summary(run, scenario, target.name, headline_metric(run, scenario));
  const ScenarioSpec& spec = declared(run, scenario);
  const HeadlineWords& words = spec.headline;
  if (summary == nullptr) {
    const std::size_t failed = failed_trials(run, scenario, target.name);
    const bool outside = std::any_of(run.failures.begin(), run.failures.end(), [&](const Failure& failure) {
      return !is_of_a_round(failure) && failure.scenario == scenario && failure.target == target.name;
    });
    return (words.about.empty() ? "" : words.about + ": ") + stamped(target) +
           (failed > 0 ? fmt::format(": no valid {}, {} of {} failed",
                                     spec.trial.empty() ? "trial" : spec.trial, failed, failed)
            : outside  ? ": failed, see below"
                       : ": nothing measured");
  }
  const std::string about = words.about.empty() && words.verb.empty()
                                ? metric_words(run, summary->metric)
                                : words.about + after_space(words.after);
  std::string line = fmt::format("{}{}{} {}", about.empty() ? "" : about + ": ", stamped(target),
                                 after_space(words.verb), median_in_words(*summary));
  if (summary->ci95) line += " " + bracket(*summary->ci95, headline_scale(*summary));
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
        lines.push_back(one_line(line));
        spoken_for.insert({comparison.a, comparison.b});
      }
    }
    for (const TargetInfo& target : run.targets) {
      if (!spoken_for.contains(target.name)) {
        lines.push_back(one_line(single_headline(run, scenario, target)));
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
  if (tried > 0 && tried < 10) {
    lines.push_back(fmt::format("EXPLORATORY: {}; {}", counted(tried, "round"),
                                tried < 6 ? "an interval needs 6, a verdict 10" : "a verdict needs 10"));
  }
  return lines;
}

}  // namespace bench
