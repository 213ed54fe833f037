#include "bench/stats/simulate/simulated_machine.h"

#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "bench/core/first_metrics.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr int kSettling = 50;  ///< trials until the drift is at its long-run spread

TargetInfo simulated_target(std::size_t index) {
  TargetInfo target;
  target.name = std::string(1, static_cast<char>('a' + index));
  target.kind = Kind::kProcess;
  target.equivalence = {"app", "python", "flask", "kernel", 1, 1};
  return target;
}

}  // namespace

double SimulatedMachine::uniform() {
  return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53;
}

double SimulatedMachine::normal() {  // Box and Muller
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

void SimulatedMachine::drift_on() {
  const double memory = noise_.drift_memory;
  drift_ = memory * drift_ + std::sqrt(1 - memory * memory) * noise_.drift_cv * normal();
}

double SimulatedMachine::with_noise() {
  const double slow = uniform() < noise_.outliers ? 1.5 + 1.5 * uniform() : 1;
  return std::exp(drift_ + noise_.cv * normal()) * slow;
}

double SimulatedMachine::trial() {
  drift_on();
  return with_noise();
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
      sample.unit = Unit::kSeconds;
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

SimulatedMachine::Stretch SimulatedMachine::stretch(int rounds) {
  constexpr int kMore = 200;  // trials for each one: the truth is then known fourteen times better
  for (int i = 0; i < kSettling; ++i) trial();
  Stretch stretch;
  std::vector<double> more;
  more.reserve(static_cast<std::size_t>(rounds) * kMore);
  for (int round = 0; round < rounds; ++round) {
    stretch.trials.push_back(trial());
    for (int i = 0; i < kMore; ++i) more.push_back(with_noise());
  }
  stretch.median = median(more);
  return stretch;
}

double SimulatedMachine::day() {
  return std::exp(noise_.between_days * normal());
}

double SimulatedMachine::same_day_again(double day) {
  return std::exp(noise_.same_day * std::log(day) +
                  std::sqrt(1 - noise_.same_day * noise_.same_day) * noise_.between_days * normal());
}

}  // namespace bench
