#include "bench/history/rows.h"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include "bench/core/run_json.h"
#include "bench/history/conditions.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/compare.h"
#include "bench/stats/judge/derive.h"

namespace bench {
namespace {

using Key = std::pair<std::string, std::string>;

/// The coarsest resolution by metric and target.
std::map<Key, double> resolutions(const Run& run) {
  std::map<Key, double> coarsest;
  for (const Sample& sample : run.samples) {
    if (sample.warmup || !sample.resolution) continue;
    double& of_metric = coarsest[{sample.metric, sample.target}];
    of_metric = std::max(of_metric, *sample.resolution);
  }
  return coarsest;
}

/// Whether few enough trials failed, by the rule that verdicts have (stats/judge/compare.h); asked once each.
class FewFailed {
 public:
  explicit FewFailed(const Run& run) : run_(run) {}
  bool operator()(const std::string& scenario, const std::string& target) {
    if (run_.failures.empty()) return true;
    const auto [found, is_new] = known_.try_emplace({scenario, target}, false);
    if (is_new) {
      const TargetInfo* info = find_target(run_, target);
      found->second = info != nullptr && too_many_failed(run_, scenario, *info, *info).empty();
    }
    return found->second;
  }

 private:
  const Run& run_;
  std::map<Key, bool> known_;
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::map<std::string, std::string> digests(const Run& run) {
  std::map<std::string, std::string> all;
  for (const TargetInfo& target : run.targets) all[target.name] = conditions_digest(run, target);
  return all;
}

/// A plug that had to be pulled is another condition than a polite stop: such figures are a history of their
/// own.
std::string other_stop(const Run& run, const Summary& summary) {
  const TargetInfo* target = find_target(run, summary.target);
  const bool late = target != nullptr && spec_of(run, summary.metric).same_stop &&
                    stop_mode(run, *target) == StopMode::kPulledAfterGrace;
  return late ? to_text(StopMode::kPulledAfterGrace) : std::string();
}

}  // namespace

std::vector<FigureRow> figures_of(Run run) {
  if (run.summaries.empty()) derive(run);
  const std::map<Key, double> coarsest = resolutions(run);
  const auto resolution = [&](const std::string& metric, const std::string& target) {
    const auto found = coarsest.find({metric, target});
    return found == coarsest.end() ? 0 : found->second;
  };
  FewFailed few_failed(run);
  const std::map<std::string, std::string> conditions = digests(run);
  const bool complete = run.status == RunStatus::kComplete;
  std::vector<FigureRow> rows;
  rows.reserve(run.summaries.size() + run.comparisons.size());
  std::map<Key, Unit> units;
  for (const Summary& summary : run.summaries) {
    const auto found = conditions.find(summary.target);
    if (found == conditions.end()) continue;
    units[{summary.scenario, summary.metric}] = summary.unit;
    rows.push_back({summary.scenario, summary.metric, summary.target, "", summary.unit,
                    found->second + other_stop(run, summary), summary.n, summary.median, summary.ci95,
                    resolution(summary.metric, summary.target),
                    complete && few_failed(summary.scenario, summary.target) &&
                        is_quotable(spec_of(run, summary.metric), summary.ci95)});
  }
  for (const Comparison& ratio : run.comparisons) {
    const auto a = conditions.find(ratio.a);
    const auto b = conditions.find(ratio.b);
    if (a == conditions.end() || b == conditions.end()) continue;
    rows.push_back({ratio.scenario, ratio.metric, ratio.b, ratio.a, units[{ratio.scenario, ratio.metric}],
                    b->second + a->second, ratio.n, ratio.ratio, ratio.ci95, 0,
                    complete && few_failed(ratio.scenario, ratio.a) && few_failed(ratio.scenario, ratio.b)});
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
