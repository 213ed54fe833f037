#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench/base/json_number.h"
#include "bench/report/exports/formats.h"
#include "bench/report/exports/series.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBencherNameLength = 1024;   // longer ones are refused with the whole report
constexpr std::size_t kBencherMeasureLength = 64;  // the same

// Names come from users and engines: one_line() keeps control characters from the terminals that they end on,
// and bytes that are not UTF-8 must not cost the file.
std::string json_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Facts of the host that Google Benchmark names, where they are known.
Json google_context(const Run& run) {
  Json context = {{"date", run.started_at}, {"executable", fmt::format("{}", fmt::join(run.command, " "))}};
  const auto fact = [](const Facts& facts, const char* key) {
    const auto found = facts.find(key);
    return found == facts.end() ? Fact() : found->second;
  };
  if (const Fact cores = fact(run.environment.fingerprint, "cores");
      std::holds_alternative<std::int64_t>(cores)) {
    context["num_cpus"] = std::get<std::int64_t>(cores);
  }
  if (const Fact governor = fact(run.environment.fingerprint, "governor");
      std::holds_alternative<std::string>(governor)) {
    context["cpu_scaling_enabled"] = std::get<std::string>(governor) != "performance";
  }
  // Of its own context keys this is text, as the library's own custom context is.
  context["library_build_type"] = "release";
  context["bench_version"] = run.suite_version;
  context["bench_run_id"] = run.run_id;
  context["bench_status"] = to_text(run.status);
  for (const TargetInfo& target : run.targets) {
    context["bench_acceleration_" + one_line(target.name)] = to_text(target.acceleration);
  }
  return context;
}

bool is_time(const Summary& summary, const TargetInfo& target) {
  return summary.target == target.name && summary.unit == Unit::kSeconds;
}

/// The times of a target that stand for themselves. A stretch of another time, and the CPU time of one, are
/// with that other.
std::vector<const Summary*> whole_times(const Run& run, const TargetInfo& target) {
  std::vector<const Summary*> times;
  for (const Summary& summary : run.summaries) {
    const MetricSpec& spec = spec_of(run, summary.metric);
    if (is_time(summary, target) && is_result(spec) && find_summary(run, target.name, spec.cpu_of) == nullptr)
      times.push_back(&summary);
  }
  // What else a trial measured is with the first one, so a headline comes first.
  std::stable_partition(times.begin(), times.end(), [&](const Summary* summary) {
    return spec_of(run, summary->metric).role == Role::kHeadline;
  });
  return times;
}

/// Its readers require the field, also where no CPU time could be had.
double cpu_time(const Run& run, const TrialSamples& trial, const std::string& time) {
  const auto found = std::find_if(trial.samples.begin(), trial.samples.end(), [&](const Sample* sample) {
    return spec_of(run, sample->metric).cpu_of == time;
  });
  return found == trial.samples.end() ? 0.0 : (*found)->value;
}

}  // namespace

std::string google_benchmark_export(const Run& run) {
  Json benchmarks = Json::array();
  int family = 0;
  for (const TargetInfo& target : run.targets) {
    const std::vector<const Summary*> times = whole_times(run, target);
    for (const Summary* time : times) {
      std::vector<TrialSamples> trials = trials_of(run, target.name);
      std::erase_if(trials, [&](const TrialSamples& trial) { return trial.find(time->metric) == nullptr; });
      const std::string name = one_line(fmt::format("{}/{}", time->metric, target.name));
      int repetition = 0;
      for (const TrialSamples& trial : trials) {
        Json entry = {{"name", name},
                      {"family_index", family},
                      {"per_family_instance_index", 0},
                      {"run_name", name},
                      {"run_type", "iteration"},
                      {"repetitions", trials.size()},
                      {"repetition_index", repetition++},
                      {"threads", 1},
                      {"iterations", 1},
                      {"real_time", trial.find(time->metric)->value},
                      {"cpu_time", cpu_time(run, trial, time->metric)},
                      {"time_unit", "s"}};
        for (const Sample* sample : trial.samples) {
          const bool other = time == times.front() && sample->metric != time->metric;
          if (other && !entry.contains(sample->metric)) entry[sample->metric] = sample->value;
        }
        benchmarks.push_back(std::move(entry));
      }
      if (!trials.empty()) ++family;
    }
  }
  return json_text({{"context", google_context(run)}, {"benchmarks", std::move(benchmarks)}});
}

std::string github_action_export(const Run& run) {
  Json entries = Json::array();
  for (const Summary& summary : run.summaries) {
    if (!smaller_is_better(run, summary)) continue;
    Json entry = {{"name", one_line(summary.metric + " " + summary.target)},
                  {"unit", to_text(summary.unit)},
                  {"value", summary.median}};
    if (summary.ci95) {
      entry["range"] = fmt::format("[{}, {}]", exact_text(summary.ci95->low), exact_text(summary.ci95->high));
    }
    std::string extra = fmt::format("median of {}, {} failed", summary.n, summary.failures);
    const TargetInfo* target = find_target(run, summary.target);
    if (target != nullptr && target->acceleration != Acceleration::kNone)
      extra += "\nacceleration: " + to_text(target->acceleration);
    if (run.status != RunStatus::kComplete) extra += "\nthe run is " + to_text(run.status);
    entry["extra"] = extra;
    entries.push_back(std::move(entry));
  }
  return json_text(entries);
}

std::string bencher_export(const Run& run) {
  Json benchmarks = Json::object();
  for (const Summary& summary : run.summaries) {
    if (!is_compared(spec_of(run, summary.metric))) continue;
    Json metric = {{"value", summary.median}};
    if (summary.ci95) {
      metric["lower_value"] = summary.ci95->low;
      metric["upper_value"] = summary.ci95->high;
    }
    benchmarks[shorten(one_line(summary.target), kBencherNameLength)]
              [shorten(one_line(summary.metric), kBencherMeasureLength)] = std::move(metric);
  }
  return json_text(benchmarks);
}

std::string hyperfine_export(const Run& run) {
  Json results = Json::array();
  for (const TargetInfo& target : run.targets) {
    const std::vector<TrialSamples> trials = trials_of(run, target.name);
    for (const Summary& summary : run.summaries) {
      if (!is_time(summary, target) || !is_compared(spec_of(run, summary.metric))) continue;
      Json times = Json::array();
      for (const TrialSamples& trial : trials) {
        if (const Sample* sample = trial.find(summary.metric)) times.push_back(sample->value);
      }
      // The host's CPU time is known, but not which part of it was the user's and which the kernel's.
      results.push_back(
          {{"command", one_line(summary.metric + " " + summary.target)},
           {"mean", summary.mean},
           {"stddev", number_or_null(summary.stddev)},
           {"median", summary.median},
           {"user", nullptr},
           {"system", nullptr},
           {"min", summary.min},
           {"max", summary.max},
           {"times", times},
           {"exit_codes", std::vector<int>(times.size(), 0)},
           {"parameters", {{"metric", one_line(summary.metric)}, {"target", one_line(summary.target)}}}});
    }
  }
  return json_text({{"results", std::move(results)}});
}

}  // namespace bench
