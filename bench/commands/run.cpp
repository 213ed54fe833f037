#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <memory>
#include <random>

#include "bench/commands/all_commands.h"
#include "bench/commands/run_config.h"
#include "bench/commands/run_exports.h"
#include "bench/commands/run_files.h"
#include "bench/commands/run_lock.h"
#include "bench/commands/run_options.h"
#include "bench/commands/values.h"
#include "bench/config.h"
#include "bench/core/claims.h"
#include "bench/core/error.h"
#include "bench/core/paths.h"
#include "bench/core/run_json.h"
#include "bench/measure/checkpoint.h"
#include "bench/measure/environment.h"
#include "bench/measure/runner.h"
#include "bench/report/report.h"
#include "bench/stats/derive.h"

namespace bench {
namespace {

constexpr double kPrecision = 0.05;
constexpr int kRounds = 20;
constexpr int kRoundsForAll = 10;

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
      throw Error(ErrorCode::kUsage, fmt::format("unknown scenario '{}'", name),
                  fmt::format("scenarios: {}, all", fmt::join(known, ", ")));
    }
  }
  return chosen;
}

std::filesystem::path results_dir(const RunOptions& options,
                                  const std::vector<const ScenarioRow*>& scenarios) {
  if (!options.out.empty()) return options.out;
  std::vector<std::string> names;
  if (options.everything()) {
    names.emplace_back("all");
  } else {
    for (const ScenarioRow* row : scenarios) names.push_back(row->name);
  }
  return unused_directory(options.results / fmt::format("{}-{}", utc_now_compact(), fmt::join(names, "-")));
}

Plan make_plan(const RunOptions& options) {
  Plan plan;
  plan.scenarios = chosen_scenarios(options.scenarios);
  const bool observing = std::any_of(plan.scenarios.begin(), plan.scenarios.end(),
                                     [](const ScenarioRow* row) { return row->observe != nullptr; });
  // Without anything that is observed in rounds there is one visit of each target.
  plan.rounds = observing ? options.rounds.value_or(options.everything() ? kRoundsForAll : kRounds) : 1;
  plan.warmup = observing ? options.warmup : 0;
  if (!options.budget.empty()) plan.budget = parse_duration(options.budget, "--budget");
  if (!options.all_rounds) plan.precision = kPrecision;
  plan.seed = options.seed.value_or(std::random_device{}());
  if (!options.timeout.empty()) {
    plan.rules.container_timeout = plan.rules.vm_timeout = parse_duration(options.timeout, "--timeout");
  }
  if (!options.ready_path.empty()) {
    if (options.ready_path.front() != '/') {
      throw Error(ErrorCode::kUsage, fmt::format("--ready-path {} is not a path", options.ready_path),
                  "it begins with a slash: --ready-path /health");
    }
    plan.rules.ready_path = options.ready_path;
  }
  return plan;
}

Run new_run(const CommandContext& context, const Plan& plan, const OpenTargets& open) {
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
  run.environment = read_environment(cache_dir());
  for (const Warning& warning : open.warnings) run.environment.warnings.push_back(warning);
  for (const Target& target : plan.targets) run.targets.push_back(target.info);
  return run;
}

/// "ready in 0.352 s", "memory.host_pss 47.1 MiB"
std::string headline_text(const Sample& sample) {
  if (sample.unit == "seconds") return fmt::format("ready in {:.3f} s", sample.value);
  if (sample.unit == "bytes") return fmt::format("{} {:.1f} MiB", sample.metric, sample.value / (1 << 20));
  return fmt::format("{} {:.3g} {}", sample.metric, sample.value, sample.unit);
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

/// A run that could not begin, for the exports: a job that could not measure must be seen where its figures
/// are looked at.
Run unmeasured_run(Run run, const Plan& plan, const OpenRequest& request, const std::string& why) {
  run.finished_at = utc_now();
  run.stopped_by = "error";
  for (const ScenarioRow* scenario : plan.scenarios) {
    for (const TargetName& target : request.names) {
      run.failures.push_back({scenario->name, target.name, 0, false, kBeforeRounds, why});
    }
  }
  return run;
}

/// Removes what the configuration's rules no longer keep, and says so.
void retain(const RunConfig& config, const std::filesystem::path& dir, Ui& ui) {
  const Pruned pruned = prune(config.options.results, dir, config.retention, std::time(nullptr));
  for (const std::string& what : pruned.removed) ui.step("removed by the rules of retention: " + what);
  for (const std::string& problem : pruned.problems) {
    ui.warn(problem, "remove it by hand, or see to its permissions");
  }
}

int run_scenarios(CommandContext& context, const RunConfig& config) {
  const RunOptions& options = config.options;
  Plan plan = make_plan(options);
  const OpenRequest request = options.request();
  std::vector<ClaimDefinition> claims = chosen_claims({}, options.claims);  // before minutes are spent, too
  Ui& ui = context.ui;
  const std::filesystem::path dir = results_dir(options, plan.scenarios);
  require_exportable(config.exports);  // before minutes are spent
  require_writable(dir);
  const RunLock lock;
  plan.owner = own_ownership(dir.filename().string());

  const auto begun = [&](const OpenTargets& open) {
    Run run = new_run(context, plan, open);
    if (!config.name.empty()) run.conditions["config"] = config.name;
    return run;
  };
  OpenTargets open;
  try {
    open = open_targets(request, ui, context.stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInterrupted && !config.exports.empty()) {
      write_exports(unmeasured_run(begun({}), plan, request, error.what()), config.exports, ui);
    }
    throw;
  }
  plan.targets = open.targets;
  Run run = begun(open);
  run.claim_definitions = std::move(claims);
  for (const Warning& warning : run.environment.warnings) ui.warn(warning.text, warning.remedy);
  Checkpoint checkpoint(dir, run);
  ui.step(fmt::format("measuring {} round{} of {} target{}; Ctrl-C stops and keeps what was measured",
                      plan.rounds, plan.rounds == 1 ? "" : "s", plan.targets.size(),
                      plan.targets.size() == 1 ? "" : "s"));

  std::exception_ptr failed;
  const RunObserver observer = observer_for(ui);
  try {
    run_plan(plan, run, checkpoint, observer, context.stop);
  } catch (const Error&) {
    failed = std::current_exception();
  }
  ui.settle();
  run.finished_at = utc_now();
  derive(run);
  std::exception_ptr not_stored;
  ReportOptions shown;
  shown.directory = dir.string();
  shown.colour = ui.colour();
  try {
    shown.files = write_run_files(run, dir, ui);
    ui.step(fmt::format("report: {}", (dir / "report.html").string()));
  } catch (const Error&) {
    not_stored = std::current_exception();
    shown.files = {"samples.jsonl"};
  }

  std::exception_ptr not_exported;
  try {
    write_exports(run, config.exports, ui);
  } catch (const Error&) {
    not_exported = std::current_exception();
  }

  if (options.json) {
    print_out(to_json(run));
  } else if (!failed || !run.samples.empty()) {
    print_out(console_report(run, shown));
  }
  const bool whole = !failed && run.status != "interrupted" && measured_all(run, plan);
  if (whole && !not_stored && !not_exported) retain(config, dir, ui);
  if (!not_stored) ui.step(stored_line(run, dir));
  if (failed) std::rethrow_exception(failed);
  if (not_stored) std::rethrow_exception(not_stored);
  if (not_exported) std::rethrow_exception(not_exported);
  if (run.status == "interrupted") return exit_code::kInterrupted;
  if (!whole) {
    throw Error(ErrorCode::kEngine, "nothing valid was measured for at least one target",
                "the failures above say why; `bench doctor` shows what works here");
  }
  return exit_code::kOk;
}

}  // namespace

void add_run(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("run", "measure scenarios and store an honest comparison");
  auto options = std::make_shared<RunOptions>();
  options->add_to(*command);
  command->footer(
      "Examples:\n"
      "  bench run startup                                      a container and a VM, 20 rounds\n"
      "  bench run startup --rounds 10 --targets docker,libvirt:direct,libvirt:full\n"
      "  bench run startup --targets docker,docker              a target against itself: the noise of this "
      "host\n"
      "  bench run all                                          every scenario on every target, 10 rounds, "
      "and the claims\n"
      "  bench run startup --app ./my-backend --memory 1G       somebody else's Flask backend\n"
      "  bench run startup --targets docker,docker@./changed    the same target with another app: what a "
      "change costs\n"
      "  bench run --config nightly.toml                        a scheduled job: docs/scheduled-jobs.md\n"
      "  bench run startup --json --out runs/today | jq '.comparisons'\n\n"
      "Exit: 0 measured, 2 usage, 3 could not measure, 130 interrupted (what was measured is stored).");
  command->callback([options, command, &context] {
    const RunConfig config = run_config(
        *options, [command](const std::string& option) { return command->get_option(option)->count() > 0; });
    if (config.options.scenarios.empty()) {
      throw Error(
          ErrorCode::kUsage, "scenario is required",
          "bench run startup, bench run all, or bench run --config FILE with scenarios = [\"startup\"]");
    }
    if (config.options.print_config) {
      print_out(config_text(config));
    } else {
      context.exit_code = run_scenarios(context, config);
    }
  });
}

}  // namespace bench
