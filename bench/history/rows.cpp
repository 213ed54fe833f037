#include "bench/history/rows.h"

#include <algorithm>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include "bench/core/run_json.h"
#include "bench/history/conditions.h"
#include "bench/stats/compare.h"
#include "bench/stats/derive.h"

namespace bench {
namespace {

using Key = std::pair<std::string, std::string>;

/// Shares of failed trials and resolutions, by scenario or metric and target: one walk over the samples.
struct Tally {
  std::map<Key, std::set<int>> tried, failed;  ///< rounds by scenario and target
  std::map<Key, double> resolution;            ///< by metric and target

  explicit Tally(const Run& run) {
    for (const Sample& sample : run.samples) {
      if (sample.warmup) continue;
      if (last_ == nullptr || last_scenario_ != sample.scenario || last_target_ != sample.target) {
        last_scenario_ = sample.scenario;
        last_target_ = sample.target;
        last_ = &tried[{sample.scenario, sample.target}];
      }
      last_->insert(sample.round);
      if (sample.resolution) {
        double& coarsest = resolution[{sample.metric, sample.target}];
        coarsest = std::max(coarsest, *sample.resolution);
      }
    }
    for (const Failure& failure : run.failures) {
      if (failure.warmup) continue;
      tried[{failure.scenario, failure.target}].insert(failure.round);
      failed[{failure.scenario, failure.target}].insert(failure.round);
    }
  }

  [[nodiscard]] bool few_failed(const std::string& scenario, const std::string& target) const {
    const auto bad = failed.find({scenario, target});
    if (bad == failed.end()) return true;
    const auto all = tried.find({scenario, target});
    return static_cast<double>(bad->second.size()) <=
           kFailuresAllowed * static_cast<double>(all->second.size());
  }

  [[nodiscard]] double coarsest(const std::string& metric, const std::string& target) const {
    const auto found = resolution.find({metric, target});
    return found == resolution.end() ? 0 : found->second;
  }

 private:
  std::set<int>* last_ = nullptr;
  std::string last_scenario_, last_target_;
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::map<std::string, std::string> digests(const Run& run) {
  std::map<std::string, std::string> all;
  for (const TargetInfo& target : run.targets) all[target.name] = conditions_digest(run, target);
  return all;
}

}  // namespace

std::vector<FigureRow> figures_of(Run run) {
  if (run.summaries.empty()) derive(run);
  const Tally tally(run);
  const std::map<std::string, std::string> conditions = digests(run);
  const bool complete = run.status == RunStatus::kComplete;
  std::vector<FigureRow> rows;
  rows.reserve(run.summaries.size() + run.comparisons.size());
  std::map<Key, std::string> units;
  for (const Summary& summary : run.summaries) {
    const auto found = conditions.find(summary.target);
    if (found == conditions.end()) continue;
    units[{summary.scenario, summary.metric}] = summary.unit;
    rows.push_back({summary.scenario, summary.metric, summary.target, "", summary.unit, found->second,
                    summary.n, summary.median, summary.ci95, tally.coarsest(summary.metric, summary.target),
                    complete && tally.few_failed(summary.scenario, summary.target)});
  }
  for (const Comparison& ratio : run.comparisons) {
    const auto a = conditions.find(ratio.a);
    const auto b = conditions.find(ratio.b);
    if (a == conditions.end() || b == conditions.end()) continue;
    rows.push_back(
        {ratio.scenario, ratio.metric, ratio.b, ratio.a, units[{ratio.scenario, ratio.metric}],
         b->second + a->second, ratio.n, ratio.ratio, ratio.ci95, 0,
         complete && tally.few_failed(ratio.scenario, ratio.a) && tally.few_failed(ratio.scenario, ratio.b)});
  }
  return rows;
}

RunRow read_run_row(const std::filesystem::path& directory, const std::string& path) {
  RunRow row;
  row.path = path;
  try {
    Run run = load_run(directory);
    row.run_id = run.run_id;
    row.started_at = run.started_at;
    row.status = run.status;
    row.rounds = run.rounds;
    row.failures = static_cast<int>(std::count_if(run.failures.begin(), run.failures.end(),
                                                  [](const Failure& failure) { return !failure.warmup; }));
    row.host = host_of(run.environment);
    for (const TargetInfo& target : run.targets) row.targets.push_back(target.name);
    for (const Sample& sample : run.samples) {
      if (std::find(row.scenarios.begin(), row.scenarios.end(), sample.scenario) == row.scenarios.end()) {
        row.scenarios.push_back(sample.scenario);
      }
    }
    row.figures = figures_of(std::move(run));
  } catch (const std::exception& error) {
    row = {};
    row.path = path;
    row.error = first_line(error.what());
  }
  return row;
}

}  // namespace bench
