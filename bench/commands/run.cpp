#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>

#include "bench/app/any_image.h"
#include "bench/app/run/measuring.h"
#include "bench/app/run/root_need.h"
#include "bench/app/run/run_config.h"
#include "bench/app/run/run_exports.h"
#include "bench/app/run/run_files.h"
#include "bench/app/run/run_lock.h"
#include "bench/app/this_host.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/commands/all_commands.h"
#include "bench/commands/run_options.h"
#include "bench/core/claims.h"
#include "bench/core/run_json.h"
#include "bench/report/render/text.h"
#include "bench/report/report.h"
#include "bench/stats/judge/derive.h"
#include "bench/stats/judge/precision.h"

namespace bench {
namespace {

constexpr int kRounds = 20;
constexpr int kRoundsForAll = 10;

/// Made: the place of a run that was given none with --out.
NewDirectory results_dir(const RunOptions& options, const std::vector<const ScenarioRow*>& scenarios) {
  std::vector<std::string> names;
  if (options.everything()) {
    names.emplace_back("all");
  } else {
    for (const ScenarioRow* row : scenarios) names.push_back(row->name);
  }
  return new_directory(options.results, fmt::format("{}", fmt::join(names, "-")));
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
  if (!options.all_rounds) plan.precision = kPrecisionByDefault;
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
  } else if (options.target.as_it_is()) {
    plan.rules.ready_path = "/";  // nothing is known of its app
  }
  plan.rules.ready_status = options.ready_status.value_or(plan.rules.ready_status);
  return plan;
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

/// Opens what is measured. `begun` makes the run that the exports get where that fails.
OpenTargets open_or_export(const OpenRequest& request, const Plan& plan, const RunConfig& config,
                           CommandContext& context, const std::function<Run()>& begun) {
  try {
    return open_targets(request, context.ui, context.stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInterrupted && !config.exports.empty()) {
      try {
        write_exports(unmeasured_run(begun(), plan, request, error.what()), config.exports, context.ui);
      } catch (const Error& unwritten) {  // why nothing was measured counts more
        context.ui.warn(unwritten.what(), unwritten.remedy());
      }
    }
    throw;
  }
}

/// The run on stdout: itself, or what it says.
void show(const Measured& measured, const RunOptions& options, const std::filesystem::path& dir, Ui& ui) {
  const Run& run = measured.run;
  if (options.json) {
    print_out(to_json(run));
  } else if (!measured.failed || !run.samples.empty()) {
    ReportOptions shown;
    shown.directory = dir.string();
    shown.colour = ui.colour();
    shown.files = measured.files;
    print_out(console_page(run_document(run, shown), shown));
  }
}

int run_scenarios(CommandContext& context, const RunConfig& config) {
  const RunOptions& options = config.options;
  Plan plan = make_plan(options);
  const OpenRequest request = options.request();
  std::vector<ClaimDefinition> claims = chosen_claims({}, options.claims);  // before minutes are spent, too
  if (context.asks_root_need) {
    const bool weighs = std::any_of(plan.scenarios.begin(), plan.scenarios.end(),
                                    [](const ScenarioRow* row) { return row->weighs; });
    return answer_root_need(root_need(request, true, weighs));
  }
  Ui& ui = context.ui;
  const GiveBackCache cache;
  std::list<GiveBack> written;
  const auto give_back = [&](const std::filesystem::path& path) {
    written.emplace_back(path, GiveBack::Otherwise::kSudoUser);
  };
  give_back(options.out.empty() ? options.results : options.out);
  for (const ExportTo& place : config.exports) give_back(place.to);
  require_exportable(config.exports);  // before minutes are spent
  (void)this_host();                   // a BENCH_HOST that is no name, too
  std::optional<NewDirectory> made;
  const std::filesystem::path dir =
      options.out.empty() ? made.emplace(results_dir(options, plan.scenarios)).path() : options.out;
  require_writable(dir);
  const RunLock lock;
  plan.owner = own_ownership(dir.filename().string());

  const auto begun = [&](const std::vector<Warning>& warnings) {
    Run run = new_run(context, plan, warnings);
    if (!config.name.empty()) run.conditions["config"] = config.name;
    return run;
  };
  OpenTargets open = open_or_export(request, plan, config, context, [&] { return begun({}); });
  ask_how_started(open, plan.owner, context.stop);
  plan.targets = open.targets;
  Run begin = begun(open.warnings);
  begin.baseline =
      options.baseline.empty() ? baseline_of(begin)->name : target_called(options.baseline, names_of(begin));
  begin.claim_definitions = std::move(claims);
  const Measured measured = measure(plan, std::move(begin), dir, context);
  const Run& run = measured.run;

  std::exception_ptr not_exported;
  try {
    write_exports(run, config.exports, ui);
  } catch (const Error&) {
    not_exported = std::current_exception();
  }

  show(measured, options, dir, ui);
  if (measured.whole && !measured.not_stored && !not_exported) retain(config, dir, ui);
  if (!measured.not_stored) ui.step(stored_line(run, dir));
  rethrow_failure(measured);
  if (not_exported) std::rethrow_exception(not_exported);
  return exit_code_of(measured);
}

}  // namespace

void add_run(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("run", "measure scenarios and store an honest comparison");
  auto options = std::make_shared<RunOptions>();
  add_run_options(*command, *options);
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
      "  bench run startup --app ./shop --env FRONTEND_URL='*'    a variable that the app needs, on every "
      "target\n"
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
      // What is printed as the settings that count has to be what a run would accept.
      (void)make_plan(config.options);
      (void)config.options.request();
      (void)chosen_claims({}, config.options.claims);
      print_out(config_text(config));
    } else {
      context.exit_code = run_scenarios(context, config);
    }
  });
}

}  // namespace bench
