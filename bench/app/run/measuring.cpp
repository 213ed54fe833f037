#include "bench/app/run/measuring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/app/this_host.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/config.h"
#include "bench/measure/checkpoint.h"
#include "bench/measure/host/environment.h"
#include "bench/measure/runner.h"
#include "bench/stats/judge/derive.h"

namespace bench {
namespace {

/// "ready in 0.352 s", "memory.host_pss 47.1 MiB"
std::string headline_text(const Sample& sample) {
  if (sample.unit == Unit::kSeconds) return fmt::format("ready in {:.3f} s", sample.value);
  if (sample.unit == Unit::kBytes)
    return fmt::format("{} {:.1f} MiB", sample.metric, sample.value / (1 << 20));
  return fmt::format("{} {:.3g} {}", sample.metric, sample.value, to_text(sample.unit));
}

RunObserver observer_for(Ui& ui) {
  RunObserver observer;
  observer.round_begins = [&ui](const std::string& scenario, int round, int rounds, bool warmup) {
    ui.live(fmt::format("{}: {} {} of {}…", scenario, warmup ? "warm-up" : "round", round + 1, rounds));
  };
  observer.visit_begins = [&ui](const std::string& scenario, const std::string& target) {
    ui.live(fmt::format("{}: {}…", scenario, target));
  };
  observer.trial_done = [&ui](const Sample& sample) {
    ui.step(fmt::format("  {} {:>2}  {:<18} {}", sample.warmup ? "warm-up" : "round  ", sample.round + 1,
                        sample.target, headline_text(sample)));
  };
  observer.warned = [&ui](const Warning& warning) { ui.warn(warning.text, warning.remedy); };
  observer.progress = [&ui](const std::string& line) { ui.step("  " + line); };
  observer.trial_failed = [&ui](const Failure& failure) {
    const std::string first_line = failure.message.substr(0, failure.message.find('\n'));
    ui.warn(fmt::format("{} {}, {} in phase {}: {}", failure.warmup ? "warm-up" : "round", failure.round + 1,
                        failure.target, failure.phase, first_line));
  };
  return observer;
}

// Something valid for every target and scenario that was asked for?
bool measured_all(const Run& run, const Plan& plan) {
  const auto measured = [&run](const ScenarioRow& scenario, const Target& target) {
    return std::any_of(run.samples.begin(), run.samples.end(), [&](const Sample& sample) {
      return !sample.warmup && sample.scenario == scenario.name && sample.target == target.info.name;
    });
  };
  for (const ScenarioRow* scenario : plan.scenarios) {
    for (const Target& target : plan.targets) {
      if (!measured(*scenario, target)) return false;
    }
  }
  return true;
}

}  // namespace

void require_metrics(const std::vector<std::string>& names) {
  std::vector<std::string> known{"all"};
  for (const ScenarioRow& scenario : scenario_table()) {
    for (const MetricSpec& row : scenario.metrics) known.push_back(row.name);
  }
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw Error(ErrorCode::kUsage, fmt::format("unknown metric '{}'", name),
                did_you_mean(name, known) + "all of them: bench list metrics");
  }
}

std::vector<std::string> gated_metrics() {
  std::vector<std::string> names;
  for (const ScenarioRow& scenario : scenario_table()) {
    for (const MetricSpec& spec : scenario.metrics) {
      if (spec.gated) names.push_back(spec.name);
    }
  }
  return names;
}

std::vector<const ScenarioRow*> chosen_scenarios(const std::vector<std::string>& names) {
  std::vector<const ScenarioRow*> chosen;
  for (const std::string& name : names) {
    bool found = false;
    for (const ScenarioRow& row : scenario_table()) {
      if (name != "all" && name != row.name) continue;
      found = true;
      if (std::find(chosen.begin(), chosen.end(), &row) == chosen.end()) chosen.push_back(&row);
    }
    if (!found) {
      std::vector<std::string> known;
      for (const ScenarioRow& row : scenario_table()) known.push_back(row.name);
      known.emplace_back("all");
      throw Error(ErrorCode::kUsage, fmt::format("unknown scenario '{}'", name),
                  did_you_mean(name, known) + fmt::format("scenarios: {}", fmt::join(known, ", ")));
    }
  }
  return chosen;
}

NewDirectory new_directory(const std::filesystem::path& results, const std::string& what) {
  return NewDirectory(results / fmt::format("{}-{}", utc_now_compact(), what));
}

Run new_run(const CommandContext& context, const Plan& plan, const std::vector<Warning>& warnings) {
  Run run;
  run.run_id = plan.owner.run_id;
  run.suite_version = BENCH_VERSION;
  run.suite_commit = BENCH_COMMIT;
  run.command = context.argv;
  run.seed = plan.seed;
  run.started_at = utc_now();
  run.rounds = plan.rounds;
  run.warmup_rounds = plan.warmup;
  run.conditions = {{"cache", std::string("warm")},
                    {"ready_path", plan.rules.ready_path},
                    {"container_timeout_seconds", plan.rules.container_timeout.count()},
                    {"vm_timeout_seconds", plan.rules.vm_timeout.count()},
                    {"container_probe_period_seconds", plan.rules.container_period.count()},
                    {"vm_probe_period_seconds", plan.rules.vm_period.count()},
                    {"stop_grace_seconds", plan.rules.stop_grace.count()}};
  if (plan.rules.ready_status != StartRules{}.ready_status) {
    run.conditions["ready_status"] = static_cast<std::int64_t>(plan.rules.ready_status);
  }
  run.environment = read_environment(cache_dir());
  run.environment.host = this_host();
  for (const Warning& warning : warnings) run.environment.warnings.push_back(warning);
  for (const ScenarioRow* row : plan.scenarios) run.scenarios.push_back(*row);
  for (const Target& target : plan.targets) run.targets.push_back(target.info);
  return run;
}

Measured measure(const Plan& plan, Run run, const std::filesystem::path& dir, CommandContext& context) {
  Ui& ui = context.ui;
  Measured measured;
  measured.run = std::move(run);
  for (const Warning& warning : measured.run.environment.warnings) ui.warn(warning.text, warning.remedy);
  Checkpoint checkpoint(dir, measured.run);
  ui.step(fmt::format("measuring {} round{} of {} target{}; Ctrl-C stops and keeps what was measured",
                      plan.rounds, plan.rounds == 1 ? "" : "s", plan.targets.size(),
                      plan.targets.size() == 1 ? "" : "s"));
  const RunObserver observer = observer_for(ui);
  try {
    run_plan(plan, measured.run, checkpoint, observer, context.stop);
  } catch (const Error&) {
    measured.failed = std::current_exception();
  }
  ui.settle();
  measured.run.finished_at = utc_now();
  derive(measured.run);
  try {
    measured.files = write_run_files(measured.run, dir, ui);
    ui.step(fmt::format("report: {}", (dir / "report.html").string()));
  } catch (const Error&) {
    measured.not_stored = std::current_exception();
    measured.files = {"samples.jsonl"};
  }
  measured.whole =
      !measured.failed && measured.run.status != RunStatus::kInterrupted && measured_all(measured.run, plan);
  return measured;
}

void rethrow_failure(const Measured& measured) {
  if (measured.failed) std::rethrow_exception(measured.failed);
  if (measured.not_stored) std::rethrow_exception(measured.not_stored);
}

int exit_code_of(const Measured& measured) {
  if (measured.run.status == RunStatus::kInterrupted) return exit_code::kInterrupted;
  if (!measured.whole) {
    throw Error(ErrorCode::kEngine, "nothing valid was measured for at least one target",
                "the failures above say why; `bench doctor` shows what works here");
  }
  return exit_code::kOk;
}

}  // namespace bench
