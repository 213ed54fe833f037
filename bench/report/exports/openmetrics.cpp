#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "bench/report/exports/formats.h"
#include "bench/report/exports/series.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// A label's value between its quotes; control characters and bytes that are not UTF-8 have gone before.
std::string label_value(std::string_view outside) {
  std::string value;
  for (const char c : one_line(outside)) {
    if (c == '\\' || c == '"') value += '\\';
    value += c;
  }
  return value;
}

/// Letters, digits and underscores: "startup.ready" → "startup_ready".
std::string metric_name(std::string_view metric) {
  std::string name;
  for (const char c : metric) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += fits ? c : '_';
  }
  return name;
}

/// The families of the text, each kept together whatever the order in which its points come, as the format
/// demands. A point that is there already is not given twice, since one double point costs the whole file.
class Families {
 public:
  /// `unit`: the last word of the name where it has one.
  void add(const std::string& name, const std::string& unit, const std::string& help, const Labels& labels,
           double value) {
    auto [found, is_new] = families_.try_emplace(name);
    if (is_new) {
      order_.push_back(name);
      found->second.unit = unit;
      found->second.help = help;
    }
    std::string key;
    for (const auto& [label, text] : labels) {
      key += fmt::format("{}{}=\"{}\"", key.empty() ? "" : ",", label, label_value(text));
    }
    if (!found->second.seen.insert(key).second) return;
    found->second.points.emplace_back(std::move(key), value);
  }

  [[nodiscard]] std::string text() const {
    std::string text;
    for (const std::string& name : order_) {
      const Family& family = families_.at(name);
      text += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, family.help, name);
      if (!family.unit.empty()) text += fmt::format("# UNIT {} {}\n", name, family.unit);
      for (const auto& [labels, value] : family.points) {
        text += labels.empty() ? fmt::format("{} {}\n", name, exact_text(value))
                               : fmt::format("{}{{{}}} {}\n", name, labels, exact_text(value));
      }
    }
    return text + "# EOF\n";
  }

 private:
  struct Family {
    std::string unit, help;
    std::vector<std::pair<std::string, double>> points;
    std::set<std::string> seen;
  };
  std::vector<std::string> order_;
  std::map<std::string, Family> families_;
};

/// "2026-02-14T10:27:41Z" → seconds since 1970.
std::optional<double> unix_time(const std::string& rfc3339) {
  std::tm time{};
  const char* end = strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<double>(timegm(&time));
}

/// A metric that is one part of a whole becomes a label, so that the parts can be summed.
struct NamedMetric {
  std::string name;
  Labels labels;
};

NamedMetric metric_with_labels(const MetricSpec& spec, const std::string& metric) {
  const std::size_t dot = metric.rfind('.');
  const bool is_part = spec.role == Role::kPart || spec.role == Role::kCheck;
  if (!is_part || dot == std::string::npos) return {metric_name(metric), {}};
  return {metric_name(metric.substr(0, dot)),
          {{spec.role == Role::kPart ? "part" : "source", metric.substr(dot + 1)}}};
}

Labels joined(Labels labels, const Labels& more) {
  labels.insert(labels.end(), more.begin(), more.end());
  return labels;
}

/// The name of the configuration tells several jobs on one host apart.
Labels job_labels(const Run& run) {
  const auto found = run.conditions.find("config");
  if (found == run.conditions.end() || !std::holds_alternative<std::string>(found->second)) return {};
  return {{"config", std::get<std::string>(found->second)}};
}

void add_run(Families& families, const Run& run, const Labels& job) {
  families.add("bench_run_info", "", "The program that measured, always 1.",
               joined({{"version", run.suite_version}}, job), 1);
  families.add("bench_run_complete", "", "1 when the latest run measured all that was planned, else 0.", job,
               run.status == RunStatus::kComplete ? 1 : 0);
  if (const auto finished = unix_time(run.finished_at)) {
    families.add("bench_run_finished_timestamp_seconds", to_text(Unit::kSeconds),
                 "When the latest run ended, Unix time.", job, *finished);
  }
  if (run.wall_seconds > 0) {
    families.add("bench_run_wall_seconds", to_text(Unit::kSeconds),
                 "From the first trial to the end of the last.", job, run.wall_seconds);
  }
}

void add_summary(Families& families, const Run& run, const Summary& summary, const Labels& job) {
  const MetricSpec& spec = spec_of(run, summary.metric);
  if (spec.role == Role::kHarness) return;
  const TargetInfo* target = find_target(run, summary.target);
  const NamedMetric metric = metric_with_labels(spec, summary.metric);
  const bool has_unit = summary.unit != Unit::kCount && summary.unit != Unit::kPerSecond;
  const std::string suffix = summary.unit == Unit::kCount ? "" : "_" + metric_name(to_text(summary.unit));
  const std::string unit = has_unit ? metric_name(to_text(summary.unit)) : "";
  Labels labels = {{"target", summary.target}};
  if (target != nullptr) {
    labels.emplace_back("kind", to_text(family_of(target->traits)));
    labels.emplace_back("acceleration", to_text(target->acceleration));
  }
  labels = joined(joined(labels, metric.labels), job);
  const auto add = [&](const char* statistic, const char* help, double value) {
    families.add(fmt::format("bench_{}_{}{}", metric.name, statistic, suffix), unit, help, labels, value);
  };
  add("median", "Median over the rounds of the latest run.", summary.median);
  if (summary.ci95) {
    add("ci95_low", "Lower end of the median's 95 % confidence interval.", summary.ci95->low);
    add("ci95_high", "Upper end of the median's 95 % confidence interval.", summary.ci95->high);
  }
  families.add("bench_samples", "", "Valid samples of a metric in the latest run.",
               joined({{"metric", summary.metric}, {"target", summary.target}}, job), summary.n);
}

/// Trials that failed, 0 included: a series that only exists in bad nights is hard to alert on.
void add_failure_counts(Families& families, const Run& run, const Labels& job) {
  std::map<std::pair<std::string, std::string>, int> failed;
  for (const Sample& sample : run.samples) failed.try_emplace({sample.scenario, sample.target});
  for (const Failure& failure : run.failures) {
    failed[{failure.scenario, failure.target}] += failure.warmup ? 0 : 1;
  }
  for (const auto& [where, count] : failed) {
    families.add("bench_failures", "", "Trials of the latest run that failed, warm-up rounds left out.",
                 joined({{"scenario", where.first}, {"target", where.second}}, job), count);
  }
}

void add_comparison(Families& families, const Run& run, const Comparison& comparison, const Labels& job) {
  const TargetInfo* a = find_target(run, comparison.a);
  const TargetInfo* b = find_target(run, comparison.b);
  Labels labels = {{"metric", comparison.metric}, {"baseline", comparison.a}, {"target", comparison.b}};
  if (a != nullptr && b != nullptr) {
    labels.emplace_back("acceleration",
                        to_text(b->acceleration != Acceleration::kNone ? b->acceleration : a->acceleration));
  }
  labels = joined(labels, job);
  families.add("bench_comparison_ratio", to_text(Unit::kRatio),
               "Median of the target over that of the baseline.", labels, comparison.ratio);
  if (comparison.ci95) {
    families.add("bench_comparison_ci95_low_ratio", to_text(Unit::kRatio),
                 "Lower end of the ratio's 95 % confidence interval.", labels, comparison.ci95->low);
    families.add("bench_comparison_ci95_high_ratio", to_text(Unit::kRatio),
                 "Upper end of the ratio's 95 % confidence interval.", labels, comparison.ci95->high);
  }
}

}  // namespace

std::string openmetrics_export(const Run& run) {
  Families families;
  const Labels job = job_labels(run);
  add_run(families, run, job);
  add_failure_counts(families, run, job);
  for (const Summary& summary : run.summaries) add_summary(families, run, summary, job);
  for (const Comparison& comparison : run.comparisons) add_comparison(families, run, comparison, job);
  return families.text();
}

}  // namespace bench
