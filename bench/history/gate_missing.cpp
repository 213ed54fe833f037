#include "bench/history/gate_missing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "bench/base/text.h"
#include "bench/history/conditions.h"

namespace bench {

bool is_watched(const Run& run, const std::string& metric) {
  return is_compared(spec_of(run, metric));
}

bool decides(const Run& run, const std::string& metric, const GateRequest& request) {
  if (request.metrics.empty()) return spec_of(run, metric).gated;
  return std::any_of(request.metrics.begin(), request.metrics.end(),
                     [&](const std::string& name) { return name == "all" || name == metric; });
}

void add_missing(const Run& run, const History* history, const GateRequest& request, GateAnswer& answer) {
  const auto missing = [&](const std::string& scenario, const std::string& metric, const std::string& target,
                           std::string why) {
    GateLine line;
    line.finding.series.scenario = scenario;
    line.finding.series.metric = metric;
    line.finding.series.target = target;
    line.finding.state = GateState::kNotMeasured;
    line.decides = true;
    line.verdict = GateVerdict::kCouldNotMeasure;
    line.why = std::move(why);
    answer.lines.push_back(std::move(line));
  };
  std::set<std::string> tried, empty;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup) tried.insert(sample.scenario);
  }
  for (const Failure& failure : run.failures) tried.insert(failure.scenario);
  for (const TargetInfo& target : run.targets) {
    if (std::any_of(run.samples.begin(), run.samples.end(),
                    [&](const Sample& sample) { return !sample.warmup && sample.target == target.name; })) {
      continue;
    }
    empty.insert(target.name);
    const auto failed = std::count_if(run.failures.begin(), run.failures.end(), [&](const Failure& failure) {
      return !failure.warmup && failure.target == target.name;
    });
    missing("", "", target.name,
            failed > 0 ? failed == 1 ? std::string("the only trial failed")
                                     : fmt::format("all {} trials failed", failed)
                       : std::string("there is no valid sample"));
  }
  if (run.targets.empty()) missing("", "", "", "the run has no targets");
  if (history == nullptr) return;
  std::set<std::pair<std::string, std::string>> there;
  for (const GateLine& line : answer.lines) {
    if (line.finding.series.against.empty()) {
      there.emplace(line.finding.series.metric, line.finding.series.target);
    }
  }
  for (const TargetInfo& target : run.targets) {
    if (empty.contains(target.name)) continue;
    const std::string conditions = conditions_digest(run, target);
    for (const std::string& metric : history->metrics()) {
      if (!is_watched(run, metric) || !decides(run, metric, request) || there.contains({metric, target.name}))
        continue;
      for (const SeriesKey& key : history->series(metric)) {
        if (key.target != target.name || key.conditions != conditions || !key.against.empty() ||
            !tried.contains(key.scenario)) {
          continue;
        }
        missing(key.scenario, metric, target.name, "the history has it, this run has not");
        break;
      }
    }
  }
}

}  // namespace bench
