#include "bench/stats/simulate.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "bench/app/run_files.h"
#include "bench/app/values.h"
#include "bench/commands/all_commands.h"
#include "bench/core/error.h"

namespace bench {
namespace {

struct SimulateOptions {
  int runs = 1000;
  std::uint64_t seed = kSimulationSeed;
};

int simulate(const SimulateOptions& options, CommandContext& context) {
  int held = 0, shown = 0;
  const auto show = [&](const SimulatedRate& rate) {
    if (context.stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    const double low = rate.low * 100, high = rate.high * 100;
    const std::string bar = rate.low > 0 && rate.high < 1 ? fmt::format("{:g}–{:g} %", low, high)
                            : rate.low > 0                ? fmt::format("≥ {:g} %", low)
                                                          : fmt::format("≤ {:g} %", high);
    print_out(fmt::format("{:7.2f} %  of {:>5}  {:<9} {}  {}\n", rate.share() * 100, rate.of, bar,
                          rate.holds() ? "holds" : "MISSED", rate.what));
    held += rate.holds() ? 1 : 0;
    ++shown;
  };
  print_out(fmt::format("seed {}; the rules that the commands use, on simulated machines\n", options.seed));
  for (const double cv : {0.02, 0.05, 0.10}) {
    show(simulate_coverage(cv, options.runs, options.seed));
    show(simulate_false_verdicts(cv, options.runs, options.seed));
    show(simulate_false_verdicts_apart(cv, options.runs, options.seed));
  }
  for (const int history : {10, 20}) {
    show(simulate_gate(0.02, 0, history, 1, options.runs, options.seed));
    show(simulate_gate(0.02, 1, history, 1, options.runs, options.seed));
    show(simulate_gate(0.02, 0, history, 1.15, options.runs, options.seed));
  }
  show(simulate_step_dating(0.02, options.runs, options.seed));
  show(simulate_false_steps(0.02, options.runs, options.seed));
  print_out(fmt::format("{} of {} bars hold\n", held, shown));
  return held == shown ? exit_code::kOk : exit_code::kRegression;
}

}  // namespace

void add_simulate(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand(
      "simulate", "how often the statistics are wrong, on simulated noise with a known truth");
  auto options = std::make_shared<SimulateOptions>();
  command->add_option("--runs", options->runs, "simulated runs for each line")
      ->check(CLI::Range(10, 1'000'000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "of the simulated noise")
      ->check(not_negative)
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  bench simulate\n"
      "  bench simulate --runs 10000 --seed 7\n\n"
      "Nothing is measured and no engine is needed. What the lines mean: docs/gate.md.");
  command->callback([options, &context] { context.exit_code = simulate(*options, context); });
}

}  // namespace bench
