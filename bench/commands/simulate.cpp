#include "bench/stats/simulate/simulate.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "bench/app/run/run_files.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/commands/all_commands.h"

namespace bench {
namespace {

struct SimulateOptions {
  int runs = 500, seeds = 4;
  std::uint64_t seed = kSimulationSeed;
};

/// A line: the share over all seeds with its interval, and the seeds' own.
template <typename Simulate>
void show(const Simulate& of_seed, const SimulateOptions& options, CommandContext& context) {
  SimulatedRate all;
  std::string each;
  for (int i = 0; i < options.seeds; ++i) {
    if (context.stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    const SimulatedRate one = of_seed(options.seed + static_cast<std::uint64_t>(i));
    each += fmt::format("{}{:.1f}", i == 0 ? "" : " ", one.share() * 100);
    all += one;
  }
  const Interval interval = all.interval();
  print_out(fmt::format("{:6.2f} %  [{:.2f}, {:.2f}]  {}{}\n", all.share() * 100, interval.low * 100,
                        interval.high * 100, all.what,
                        options.seeds > 1 ? fmt::format("  (seeds: {})", each) : std::string()));
}

int simulate(const SimulateOptions& options, CommandContext& context) {
  const int runs = options.runs;
  const auto line = [&](const auto& of_seed) { show(of_seed, options, context); };
  print_out(fmt::format(
      "{} runs of each of {} seed{} from {} on; the rules that the commands use, on simulated machines\n"
      "how often, with the 95 % interval of that share\n",
      runs, options.seeds, options.seeds == 1 ? "" : "s", options.seed));
  for (const double cv : {0.02, 0.05, 0.10}) {
    line([&](std::uint64_t seed) { return simulate_coverage(cv, runs, seed); });
    line([&](std::uint64_t seed) { return simulate_coverage_ended_early(cv, runs, seed); });
    line([&](std::uint64_t seed) { return simulate_false_verdicts(cv, runs, seed); });
    line([&](std::uint64_t seed) { return simulate_false_verdicts_apart(cv, runs, seed); });
  }
  for (const double drift : {0.0, 0.0125, 0.025, 0.05}) {
    line([&](std::uint64_t seed) { return simulate_median_coverage(0.05, drift, runs, seed); });
  }
  const SimulatedGate questions[] = {
      {.history = 10},
      {.same_day = 1, .history = 10},
      {.history = 10, .slower = 1.15},
      {},
      {.same_day = 1},
      {.slower = 1.15},
      {.slower = 1.15, .step = 1.10, .most_after = 10},
      {.slower = 1.15, .step = 0.90, .least_after = 3, .most_after = 10},
      {.step = 1.10, .least_after = 3, .most_after = 10},
      {.step = 0.90, .most_after = 10},
  };
  for (const SimulatedGate& question : questions) {
    line([&](std::uint64_t seed) { return simulate_gate(question, runs, seed); });
  }
  for (const double a_week : {0.0, 0.01}) {
    for (const bool by_pin : {false, true}) {
      line([&](std::uint64_t seed) {
        return simulate_creep({.a_week = a_week, .by_pin = by_pin}, runs, seed);
      });
    }
  }
  line([&](std::uint64_t seed) { return simulate_step_dating(0.02, runs, seed); });
  line([&](std::uint64_t seed) { return simulate_false_steps(0.02, runs, seed); });
  return exit_code::kOk;
}

}  // namespace

void add_simulate(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand(
      "simulate", "how often the statistics are wrong, on simulated noise with a known truth");
  auto options = std::make_shared<SimulateOptions>();
  command->add_option("--runs", options->runs, "simulated runs for each line and seed")
      ->check(CLI::Range(10, 1'000'000))
      ->capture_default_str();
  command->add_option("--seeds", options->seeds, "how many seeds")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "the first of them")
      ->check(not_negative)
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  bench simulate\n"
      "  bench simulate --runs 10000 --seeds 1 --seed 7\n\n"
      "Nothing is measured and no engine is needed. What the lines mean: docs/gate.md.");
  command->callback([options, &context] { context.exit_code = simulate(*options, context); });
}

}  // namespace bench
