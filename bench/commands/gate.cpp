#include "bench/history/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/app/run/measuring.h"
#include "bench/app/run/run_config.h"
#include "bench/app/run/run_files.h"
#include "bench/app/stored/gate_answer.h"
#include "bench/app/stored/history_hosts.h"
#include "bench/app/stored/stored_runs.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/base/subprocess.h"
#include "bench/commands/all_commands.h"
#include "bench/history/pins.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPinAfterStep = "after-step";

struct GateOptions {
  fs::path run, history, config;
  std::string baseline, threshold = "5%", exact_threshold = "0.5%", confirm, metrics, host;
  bool confirm_given = false, strict = false, json = false, pin_after_step = false;
};

/// "5%", "5 %" or "0.05".
double parse_share(const std::string& option, const std::string& given) {
  std::string text = given;
  std::erase(text, ' ');
  const bool percent = text.ends_with('%');
  if (percent) text.pop_back();
  std::size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used != text.size() || text.empty() || !(value > 0) || value > (percent ? 1000 : 10)) {
    throw Error(ErrorCode::kUsage, fmt::format("{} {} is no share", option, given),
                fmt::format("write it like {0} 5% or {0} 0.05", option));
  }
  return percent ? value / 100 : value;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> found;
  if (text.empty()) return found;
  std::string word;
  for (const char c : text + ",") {
    if (c != ',') {
      word += c;
    } else if (word.empty()) {
      throw Error(ErrorCode::kUsage, fmt::format("--metrics '{}' has an empty name", text),
                  "such as --metrics startup.ready,memory.host_pss; all of them: bench list metrics");
    } else {
      found.push_back(std::exchange(word, {}));
    }
  }
  return found;
}

GateRequest make_request(const GateOptions& options) {
  GateRequest request;
  request.rules.threshold = parse_share("--threshold", options.threshold);
  request.rules.exact_threshold = parse_share("--exact-threshold", options.exact_threshold);
  request.metrics = words(options.metrics);
  request.calibration = load_calibration(persistent_file(kCalibrationFile, state_dir()));
  return request;
}

/// The command of the stored run once more, into a directory within its own: no run of the history, whose
/// baseline a bad night must not enter twice.
fs::path measure_again(const Run& run, const fs::path& directory, CommandContext& context) {
  if (run.command.size() < 2 || run.command[1] != "run") {
    throw Error(ErrorCode::kUsage, "the stored run does not say how it was measured",
                "measure again yourself and name that run: --confirm RUN2");
  }
  const fs::path out = unused_directory(directory / kConfirmingRuns / utc_now_compact());
  std::vector<std::string> argv{"/proc/self/exe"};
  for (std::size_t i = 1; i < run.command.size(); ++i) {
    const std::string& word = run.command[i];
    if (word == "--out") ++i;
    if (word == "--out" || word.starts_with("--out=") || word == "--json") continue;
    argv.push_back(word);
  }
  const bool configured = std::any_of(argv.begin(), argv.end(),
                                      [](const std::string& word) { return word.starts_with("--config"); });
  if (configured) argv.emplace_back("--no-export");  // what was exported is of the run that is judged
  argv.insert(argv.end(), {"--out", out.string()});
  context.ui.step(fmt::format("beyond its limit: measuring again, into {}", out.string()));
  CommandOptions how;
  // Interrupted, it removes its instances and stops its daemon first; killed before that, it would leave
  // them.
  how.grace = Seconds(60);
  how.on_line = [&](std::string_view line) { context.ui.live(one_line(line)); };
  const CommandResult result = run_command(argv, how, context.stop);
  context.ui.settle();
  if (result.exit_code != exit_code::kOk) {
    throw Error(ErrorCode::kEngine,
                fmt::format("the confirming run ended with exit code {}, so nothing is called a regression",
                            result.exit_code),
                one_line(result.err.substr(result.err.size() > 400 ? result.err.size() - 400 : 0)));
  }
  return out;
}

/// A gate by history, which may first name the level since a step as the one that has been accepted.
GateAnswer judge_by_history(const Run& run, const History& history, const std::vector<std::string>& own,
                            const fs::path& directory, const fs::path& history_directory, bool pin_after_step,
                            GateRequest& request, CommandContext& context) {
  std::vector<std::string> problems;
  request.pins = pinned_runs(history_directory, problems);
  GateAnswer answer = gate_by_history(run, history, own, request);
  const std::string step = pin_after_step ? kept_step(answer, request.rules) : std::string();
  if (!step.empty() && (request.pins.empty() || request.pins.front().run.started_at < step)) {
    pin(history_directory, kPinAfterStep, directory);
    problems.clear();
    request.pins = pinned_runs(history_directory, problems);
    answer = gate_by_history(run, history, own, request);
    answer.notes.push_back(fmt::format("the level since the step of {} is the accepted one now: pinned as {}",
                                       step, kPinAfterStep));
  }
  for (const std::string& problem : problems) {
    context.ui.warn(problem, "name another run with bench history --pin, or take the name out of pins.json");
  }
  return answer;
}

/// A gate without the host's noise floor is the blinder for it: its reader is told.
void warn_of_calibration(const GateRequest& request, const Run& run, Ui& ui) {
  if (request.calibration && !request.calibration->holds_for(run.environment)) {
    ui.warn("the stored calibration is of another host or set-up: no noise floor is known",
            "bench calibrate");
  } else if (!request.calibration) {
    ui.warn("this host was not calibrated, or not by this user: no noise floor is known",
            "bench calibrate, as the user who runs the gate");
  }
}

int gate(const GateOptions& options, CommandContext& context) {
  const fs::path given = !options.config.empty() ? results_of(options.config) : options.history;
  const fs::path path = !options.run.empty()
                            ? options.run
                            : latest_run(given.empty() ? "results" : given, options.host, context.ui);
  const Run run = load_derived(path);
  const fs::path directory = run_directory(path);
  const fs::path history_dir = given.empty() ? directory.parent_path() : given;
  GateRequest request = make_request(options);
  warn_of_calibration(request, run, context.ui);
  std::vector<std::string> own{directory.filename().string()};
  if (!options.confirm.empty()) own.push_back(run_directory(options.confirm).filename().string());

  std::optional<Run> baseline;
  GateAnswer answer;
  if (!options.baseline.empty()) {
    const fs::path other = find_baseline(history_dir, options.baseline);
    baseline = load_derived(other);
    answer = gate_by_run(run, *baseline, request);
    answer.against = other.string();
  } else {
    History history = open_history(history_dir, context.ui);
    const RunHost host = host_of(run.environment);
    history.choose({host});
    answer =
        judge_by_history(run, history, own, directory, history_dir, options.pin_after_step, request, context);
    if (std::string others = others_left_out(history, host); !others.empty()) {
      answer.notes.push_back(std::move(others));
    }
    answer.against = fmt::format("the last {} runs in {}", request.rules.window, history_dir.string());
  }
  if (options.confirm_given && needs_confirmation(answer)) {
    const fs::path second =
        options.confirm.empty() ? measure_again(run, directory, context) : fs::path(options.confirm);
    confirm(answer, load_derived(second), baseline ? &*baseline : nullptr, request);
  }

  if (needs_confirmation(answer)) {  // what may be why, for whoever looks into it
    for (const Warning& warning : run.environment.warnings) {
      answer.notes.push_back("the run warned: " + warning.text);
    }
  }
  const int code = gate_exit_code(answer, options.strict);
  const nlohmann::ordered_json verdict = verdict_json(answer, run, code);
  try {
    write_file_atomically(directory / "verdict.json", verdict.dump(2) + "\n");
  } catch (const Error& error) {  // the answer counts, and the exit code has it
    context.ui.warn(error.what(), "the answer is also on stdout with --json");
  }
  if (options.json) {
    print_out(verdict.dump(2) + "\n");
    return code;
  }
  print_out(gate_text(answer, run));
  return code;
}

}  // namespace

void add_gate(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("gate", "has something got worse? The exit code is the answer");
  auto options = std::make_shared<GateOptions>();
  CLI::Option* run = command->add_option(
      "RUN", options->run, "a run's directory, or its run.json; default: this host's latest of the history");
  CLI::Option* history =
      command->add_option("--history", options->history,
                          "the directory that holds the earlier runs; default: where RUN lies, else results");
  command
      ->add_option("--config", options->config,
                   "the configuration of a scheduled job: its results are the history")
      ->excludes(history);
  command->add_option("--host", options->host, kHostHelp)->check(not_empty)->excludes(run);
  CLI::Option* baseline =
      command->add_option("--baseline", options->baseline,
                          "one run in place of the history: a pinned name (bench history --pin) or a run");
  command->add_option("--threshold", options->threshold, "a smaller change never counts")
      ->capture_default_str();
  command
      ->add_option("--exact-threshold", options->exact_threshold,
                   "the same of sizes, which are counted and have no noise")
      ->capture_default_str();
  command->add_option("--metrics", options->metrics,
                      "those that decide, with commas, or all; default: the main ones");
  CLI::Option* confirm =
      command->add_option("--confirm", options->confirm,
                          "what is beyond its limit must be so in a second run too: RUN2, or "
                          "without a value RUN's own command is run again");
  confirm->expected(0, 1)->type_name("[RUN2]");
  command
      ->add_flag("--pin-after-step", options->pin_after_step,
                 "accept a step that has been kept for five runs: pins this run as after-step")
      ->excludes(baseline);
  command->add_flag("--strict", options->strict, "exit 4 when there is no answer");
  command->add_flag("--json", options->json, "verdict.json on stdout");
  command->footer(
      "Examples:\n"
      "  bench gate results/20260131T020000Z-startup --confirm           against the runs beside it\n"
      "  bench gate --config nightly.toml --confirm                      the latest run of a scheduled job\n"
      "  bench gate nightly/today --history nightly --strict --json\n"
      "  bench gate results/new --baseline release-1 --threshold 10%\n\n"
      "Exit: 0 nothing worse, 1 regression, 3 could not measure, 4 no answer (with --strict).\n"
      "verdict.json in RUN's directory says the same.");
  command->callback([options, confirm, &context] {
    options->confirm_given = confirm->count() > 0;
    require_metrics(words(options->metrics));
    (void)parse_share("--threshold", options->threshold);
    (void)parse_share("--exact-threshold", options->exact_threshold);
    context.exit_code = gate(*options, context);
  });
}

}  // namespace bench
