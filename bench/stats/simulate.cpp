#include "bench/stats/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <utility>

#include "bench/core/first_metrics.h"
#include "bench/stats/changepoint.h"
#include "bench/stats/compare.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr int kRounds = 20;
constexpr int kSettling = 50;  ///< trials until the drift is at its long-run spread

TargetInfo simulated_target(std::size_t index) {
  TargetInfo target;
  target.name = std::string(1, static_cast<char>('a' + index));
  target.kind = Kind::kProcess;
  target.equivalence = {"app", "python", "flask", "kernel", 1, 1};
  return target;
}

std::string percent(double share) {
  return fmt::format("{:g} %", share * 100);
}

SimulatedNoise with_cv(double cv) {
  SimulatedNoise noise;
  noise.cv = noise.drift_cv = cv;
  return noise;
}

SimulatedNoise with_days(double between_days, double same_day) {
  SimulatedNoise noise;
  noise.between_days = between_days;
  noise.same_day = same_day;
  return noise;
}

bool a_speed_is_claimed(const std::optional<Comparison>& comparison) {
  return comparison && (comparison->verdict == Verdict::kFaster || comparison->verdict == Verdict::kSlower);
}

}  // namespace

double SimulatedMachine::uniform() {
  return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53;
}

double SimulatedMachine::normal() {  // Box and Muller
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double SimulatedMachine::trial() {
  const double memory = noise_.drift_memory;
  drift_ = memory * drift_ + std::sqrt(1 - memory * memory) * noise_.drift_cv * normal();
  const double slow = uniform() < noise_.outliers ? 1.5 + 1.5 * uniform() : 1;
  return std::exp(drift_ + noise_.cv * normal()) * slow;
}

Run SimulatedMachine::run(const std::vector<double>& medians, int rounds) {
  Run run;
  run.status = RunStatus::kComplete;
  run.rounds = rounds;
  for (std::size_t i = 0; i < medians.size(); ++i) run.targets.push_back(simulated_target(i));
  for (int i = 0; i < kSettling; ++i) trial();
  std::vector<std::size_t> order(medians.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[static_cast<std::size_t>(uniform() * static_cast<double>(i))]);
    }
    for (std::size_t position = 0; position < order.size(); ++position) {
      const std::size_t target = order[position];
      Sample sample;
      sample.scenario = scenario::kStartup;
      sample.target = run.targets[target].name;
      sample.metric = metric::kReady;
      sample.unit = "seconds";
      sample.value = medians[target] * trial();
      sample.round = round;
      sample.position = static_cast<int>(position);
      run.samples.push_back(std::move(sample));
    }
  }
  return run;
}

double SimulatedMachine::run_median(double level, int rounds) {
  std::vector<double> values(static_cast<std::size_t>(rounds));
  for (double& value : values) value = level * trial();
  return median(values);
}

double SimulatedMachine::day() {
  return std::exp(noise_.between_days * normal());
}

double SimulatedMachine::same_day_again(double day) {
  return std::exp(noise_.same_day * std::log(day) +
                  std::sqrt(1 - noise_.same_day * noise_.same_day) * noise_.between_days * normal());
}

SimulatedRate simulate_coverage(double cv, int runs, std::uint64_t seed) {
  constexpr double kTruth = 1.3;
  SimulatedRate rate{fmt::format("the 95 % interval holds the true ratio; 20 rounds, cv {}", percent(cv)), 0,
                     0, 0.92, 0.98};
  SimulatedMachine machine(with_cv(cv), seed);
  for (; rate.of < runs; ++rate.of) {
    const Run run = machine.run({1, kTruth}, kRounds);
    const auto result = compare(run, scenario::kStartup, metric::kReady, run.targets[0], run.targets[1]);
    rate.hits +=
        result && result->ci95 && result->ci95->low <= kTruth && kTruth <= result->ci95->high ? 1 : 0;
  }
  return rate;
}

SimulatedRate simulate_false_verdicts(double cv, int runs, std::uint64_t seed) {
  SimulatedRate rate{
      fmt::format("two identical targets of one run are called faster or slower; 20 rounds, cv {}",
                  percent(cv)),
      0, 0, 0, 0.03};
  SimulatedMachine machine(with_cv(cv), seed);
  for (; rate.of < runs; ++rate.of) {
    const Run run = machine.run({1, 1}, kRounds);
    rate.hits +=
        a_speed_is_claimed(compare(run, scenario::kStartup, metric::kReady, run.targets[0], run.targets[1]))
            ? 1
            : 0;
  }
  return rate;
}

SimulatedRate simulate_false_verdicts_apart(double cv, int runs, std::uint64_t seed) {
  SimulatedRate rate{
      fmt::format(
          "two runs of the same are called faster or slower; 20 rounds each, cv {}, and drift half as large",
          percent(cv)),
      0, 0, 0, 0.03};
  SimulatedNoise noise = with_cv(cv);
  noise.drift_cv = cv / 2;  // what drifts is no noise to a run alone: only the history shows it
  SimulatedMachine machine(noise, seed);
  for (; rate.of < runs; ++rate.of) {
    const Run first = machine.run({1}, kRounds);
    const Run second = machine.run({1}, kRounds);
    rate.hits += a_speed_is_claimed(compare_runs(first, first.targets[0], second, second.targets[0],
                                                 scenario::kStartup, metric::kReady))
                     ? 1
                     : 0;
  }
  return rate;
}

SimulatedRate simulate_gate(double between_days, double same_day, int history, double slower, int runs,
                            std::uint64_t seed) {
  SimulatedRate rate;
  rate.what =
      slower == 1
          ? fmt::format("the gate calls a regression where there is none; {} runs, {} between days, {}",
                        history, percent(between_days),
                        same_day == 0 ? "confirmed" : "confirmed on the same bad day")
          : fmt::format("the gate finds and confirms +{}; {} runs, {} between days", percent(slower - 1),
                        history, percent(between_days));
  rate.low = slower == 1 ? 0 : 0.95;
  rate.high = slower == 1 ? 0.005 : 1;
  SimulatedNoise noise = with_days(between_days, same_day);
  noise.drift_cv = 0;  // what days differ by is given by between_days
  SimulatedMachine machine(noise, seed);
  for (; rate.of < runs; ++rate.of) {
    GateSeries series;
    series.unit = "seconds";
    for (int i = 0; i < history; ++i) series.history.push_back(machine.run_median(machine.day(), kRounds));
    const double today = machine.day();
    series.current = machine.run_median(slower * today, kRounds);
    const GateFinding finding = judge_series(series, GateRules{});
    if (finding.state != GateState::kWorse) continue;
    rate.hits +=
        confirms(finding, machine.run_median(slower * machine.same_day_again(today), kRounds)) ? 1 : 0;
  }
  return rate;
}

SimulatedRate simulate_step_dating(double between_days, int runs, std::uint64_t seed) {
  constexpr double kStep = 1.10;
  SimulatedRate rate{
      fmt::format("a step of 10 % in 100 runs is dated within ± 2; {} between days", percent(between_days)),
      0, 0, 0.90, 1};
  SimulatedNoise noise = with_days(between_days, 0);
  noise.drift_cv = 0;
  SimulatedMachine machine(noise, seed);
  for (; rate.of < runs; ++rate.of) {
    const int truth = 33 + static_cast<int>(machine.uniform() * 34);
    std::vector<double> values;
    values.reserve(100);
    for (int i = 0; i < 100; ++i) {
      values.push_back(machine.run_median(machine.day() * (i < truth ? 1 : kStep), kRounds));
    }
    const std::vector<ChangePoint> found = change_points(values);
    rate.hits += std::any_of(found.begin(), found.end(),
                             [&](const ChangePoint& point) {
                               return std::abs(static_cast<int>(point.at) - truth) <= 2;
                             })
                     ? 1
                     : 0;
  }
  return rate;
}

SimulatedRate simulate_false_steps(double between_days, int runs, std::uint64_t seed) {
  SimulatedRate rate{
      fmt::format("100 runs without a step are given one; {} between days", percent(between_days)), 0, 0, 0,
      0.03};
  SimulatedNoise noise = with_days(between_days, 0);
  noise.drift_cv = 0;
  SimulatedMachine machine(noise, seed);
  for (; rate.of < runs; ++rate.of) {
    std::vector<double> values;
    values.reserve(100);
    for (int i = 0; i < 100; ++i) values.push_back(machine.run_median(machine.day(), kRounds));
    rate.hits += change_points(values).empty() ? 0 : 1;
  }
  return rate;
}

}  // namespace bench
