#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>

#include "bench/app/run/measuring.h"
#include "bench/app/run/root_need.h"
#include "bench/app/run/run_exports.h"
#include "bench/app/run/run_files.h"
#include "bench/app/run/run_lock.h"
#include "bench/app/this_host.h"
#include "bench/app/truth_apps.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/commands/all_commands.h"
#include "bench/commands/calibration_text.h"
#include "bench/commands/run_options.h"
#include "bench/core/first_metrics.h"
#include "bench/history/calibration/known_truths.h"
#include "bench/history/calibration/noise_floors.h"
#include "bench/report/render/table.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

struct Options {
  TargetOptions target;
  int runs = 3;
  int rounds = 10;
  bool no_truths = false;
  fs::path out;
  bool json = false;
};

/// What all runs of one calibration have in common.
struct Session {
  const Options& options;
  OpenRequest request;
  fs::path dir;
  CommandContext& context;
};

/// Each target is doubled here, and given its apps.
void require_single(const std::vector<TargetName>& names) {
  for (const TargetName& name : names) {
    if (!name.spec.app.empty()) {
      throw Error(ErrorCode::kUsage, fmt::format("target '{}' has an app of its own", name.name),
                  "name it without @DIR; --app DIR calibrates with that app in place of the bundled one");
    }
    if (name.name.find('#') != std::string::npos) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("'{}' is named twice", name.name.substr(0, name.name.find('#'))),
                  "name it once: calibrate measures each target against itself");
    }
  }
}

std::string calibration_run_name(int run) {
  return fmt::format("aa-{}", run + 1);
}
constexpr const char* kTruthRun = "truths";

/// Before minutes are spent.
void require_room(const Session& session) {
  require_writable(session.dir);
  std::vector<std::string> names{kTruthRun};
  for (int run = 0; run < session.options.runs; ++run) names.push_back(calibration_run_name(run));
  for (const std::string& name : names) {
    if (fs::exists(session.dir / name)) require_writable(session.dir / name);
  }
}

/// A run like those of `bench run`, each with engines opened anew, stored below the calibration's directory.
/// Throws what kept it from being whole, an interrupt too.
Run one_run(const Session& session, const std::string& name, const std::vector<TargetName>& targets,
            const std::vector<const ScenarioRow*>& scenarios) {
  CommandContext& context = session.context;
  const fs::path dir = session.dir / name;
  Plan plan;
  plan.scenarios = scenarios;
  plan.rounds = session.options.rounds;
  plan.seed = std::random_device{}();
  plan.owner = own_ownership(session.dir.filename().string() + "-" + name);
  OpenRequest request = session.request;
  request.names = targets;
  const OpenTargets open = open_targets(request, context.ui, context.stop);
  plan.targets = open.targets;
  Measured measured = measure(plan, new_run(context, plan, open.warnings), dir, context);
  if (!measured.not_stored) context.ui.step(stored_line(measured.run, dir));
  rethrow_failure(measured);
  if (exit_code_of(measured) == exit_code::kInterrupted) {
    throw Error(ErrorCode::kInterrupted, "interrupted: no calibration was stored",
                fmt::format("what was measured is in {}", session.dir.string()));
  }
  return std::move(measured.run);
}

std::vector<KnownTruth> check_truths(const Session& session) {
  session.context.ui.step("known truths: apps with a delay, with ballast in memory, with bytes in a file");
  const TruthApps apps;
  // What one more instance costs is no part of a truth.
  std::vector<ScenarioRow> rows;
  for (const ScenarioRow* row : chosen_scenarios({"startup", scenario::kMemory, "size"}))
    rows.push_back(*row);
  std::vector<const ScenarioRow*> scenarios;
  for (ScenarioRow& row : rows) {
    row.after = nullptr;
    scenarios.push_back(&row);
  }
  return known_truths(one_run(session, kTruthRun, apps.targets(session.request.names), scenarios));
}

std::vector<Run> measure_twins(const Session& session) {
  std::vector<TargetName> twins;
  for (const TargetName& name : session.request.names) {
    twins.push_back(name);
    twins.push_back(name);
    twins.back().name = twin_of(name.name);
  }
  // What is weighed once has no noise.
  std::vector<const ScenarioRow*> scenarios;
  for (const ScenarioRow& row : scenario_table()) {
    if (row.observe != nullptr) scenarios.push_back(&row);
  }
  std::vector<Run> runs;
  for (int run = 0; run < session.options.runs; ++run) {
    session.context.ui.step(
        fmt::format("A/A run {} of {}: every target against itself", run + 1, session.options.runs));
    runs.push_back(one_run(session, calibration_run_name(run), twins, scenarios));
  }
  return runs;
}

int calibrate(const Options& options, CommandContext& context) {
  const OpenRequest request = options.target.request();
  require_single(request.names);
  (void)this_host();  // a BENCH_HOST that is no name ends it here
  if (context.asks_root_need) return answer_root_need(root_need(request, true, !options.no_truths));
  const GiveBackCache cache;
  const GiveBack written(options.out.empty() ? "results" : options.out, GiveBack::Otherwise::kSudoUser);
  std::optional<NewDirectory> made;
  const fs::path dir =
      options.out.empty() ? made.emplace(new_directory("results", "calibrate")).path() : options.out;
  const Session session{options, request, dir, context};
  require_room(session);
  const fs::path file = persistent_file(kCalibrationFile, state_dir());
  const RunLock lock;

  Calibration calibration;
  calibration.rounds = options.rounds;
  calibration.runs = options.runs;
  if (!options.no_truths) calibration.truths = check_truths(session);
  const std::vector<Run> runs = measure_twins(session);
  const AaFindings findings = noise_floors(runs);
  calibration.floors = findings.floors;
  const Environment& here = runs.front().environment;
  calibration.fingerprint = here.fingerprint;
  calibration.host = here.host ? here.host->id : std::string();
  calibration.calibrated_at = utc_now();
  store_calibration(calibration, file);

  if (options.json) {
    print_out(calibration_text(calibration));
  } else {
    print_out(console_table(floor_table(calibration)));
    if (!calibration.truths.empty()) print_out("\n" + console_table(truth_table(calibration.truths)));
  }
  context.ui.step(fmt::format("stored in {}; the runs are in {}", file.string(), dir.string()));
  return conclude_calibration(calibration, findings, context.ui);
}

}  // namespace

void add_calibrate(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand(
      "calibrate", "the noise floor of this host, and whether known truths are measured as they are");
  auto options = std::make_shared<Options>();
  add_target_options(*command, options->target);
  command->get_option("--targets")
      ->description(
          "what to calibrate, with commas, each once; default: one container engine and one VM profile that "
          "are built (`bench list targets`)");
  command->add_option("--runs", options->runs, "A/A runs, in each of which every target is measured twice")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "rounds of every run; fewer than 6 give no interval")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--no-truths", options->no_truths, "only the noise floor");
  command->add_option("--out", options->out,
                      "where the runs are stored; default: results/<UTC time>-calibrate");
  command->add_flag("--json", options->json, "calibration.json on stdout, nothing else there");
  command->footer(
      "Examples:\n"
      "  bench calibrate                                        a container and a VM, as `bench run` has "
      "them\n"
      "  bench calibrate --targets docker --runs 5              how far apart runs of the same are here\n"
      "  bench calibrate --targets docker --runs 1 --rounds 3   a first look\n"
      "  bench calibrate --no-truths --json | jq '.floors[] | select(.metric == \"startup.ready\")'\n\n"
      "Stored in calibration.json, which outlives restarts: bench gate reads it, bench doctor shows it.\n"
      "What the figures mean: docs/calibration.md.\n"
      "Exit: 0 calibrated, 2 usage, 3 could not measure or a known truth does not hold, 130 interrupted.");
  command->callback([options, &context] { context.exit_code = calibrate(*options, context); });
}

}  // namespace bench
