#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>
#include <vector>

#include "bench/stats/changepoint.h"
#include "bench/stats/limits.h"
#include "bench/stats/simulate/simulate.h"

namespace bench {
namespace {

constexpr double kBetweenDays = 0.02;
constexpr int kNightsAgo = 90;

std::string in_percent(double share) {
  return fmt::format("{:g} %", share * 100);
}

/// What days differ by is given by `between_days`; a run has no other drift.
SimulatedNoise of_days(double between_days, double same_day = 0) {
  SimulatedNoise noise;
  noise.between_days = between_days;
  noise.same_day = same_day;
  noise.drift_cv = 0;
  return noise;
}

double night(SimulatedMachine& machine, double level) {
  return machine.run_median(level * machine.day(), kSimulatedRounds);
}

std::string words_of(const SimulatedGate& question) {
  std::string when = fmt::format("{} runs", question.history);
  if (question.most_after > 0) {
    when += fmt::format(", {} to {} of them after a step of {:+g} %", question.least_after,
                        question.most_after, (question.step - 1) * 100);
  }
  return question.slower == 1
             ? fmt::format("the gate calls a regression where there is none; {}, {}", when,
                           question.same_day == 0 ? "confirmed" : "confirmed on the same bad day")
             : fmt::format("the gate finds and confirms +{}; {}", in_percent(question.slower - 1), when);
}

/// Of the level then a gate has the runs up to it, of a pin one run.
std::span<const double> known_of(std::span<const double> until_then, const SimulatedCreep& question) {
  return until_then.last(question.by_pin ? 1 : std::min<std::size_t>(until_then.size(), 40));
}

}  // namespace

SimulatedRate simulate_gate(const SimulatedGate& question, int runs, std::uint64_t seed) {
  SimulatedRate rate{words_of(question)};
  SimulatedMachine machine(of_days(kBetweenDays, question.same_day), seed);
  for (; rate.of < runs; ++rate.of) {
    const int choices = question.most_after - question.least_after + 1;
    const int after =
        question.most_after == 0 ? 0 : question.least_after + static_cast<int>(machine.uniform() * choices);
    GateSeries series;
    series.unit = Unit::kSeconds;
    for (int i = 0; i < question.history; ++i) {
      series.history.push_back(night(machine, i < question.history - after ? 1 : question.step));
    }
    const double level = (after > 0 ? question.step : 1) * question.slower;
    const double today = machine.day();
    series.current = machine.run_median(level * today, kSimulatedRounds);
    const GateFinding finding = judge_series(series, GateRules{});
    if (finding.state != GateState::kWorse) continue;
    const double again = machine.run_median(level * machine.same_day_again(today), kSimulatedRounds);
    rate.hits += confirms(finding, again) ? 1 : 0;
  }
  return rate;
}

SimulatedRate simulate_creep(const SimulatedCreep& question, int runs, std::uint64_t seed) {
  const char* by = question.by_pin ? "a pin" : "the level";
  SimulatedRate rate{
      question.a_week == 0
          ? fmt::format("the gate calls a regression against {} of 90 days ago where there is none", by)
          : fmt::format("{} a week is found within {} weeks against {} of 90 days ago",
                        in_percent(question.a_week), question.weeks, by)};
  SimulatedMachine machine(of_days(kBetweenDays), seed);
  for (; rate.of < runs; ++rate.of) {
    GateSeries series;
    series.unit = Unit::kSeconds;
    for (int i = 0; i < kNightsAgo; ++i) series.history.push_back(night(machine, 1));
    bool found = false;
    for (int week = 1; week <= question.weeks && !found; ++week) {
      for (int day = 1; day <= 7; ++day) {
        if (day > 1 || week > 1) series.history.push_back(*series.current);
        series.current = night(machine, std::pow(1 + question.a_week, week - 1 + day / 7.0));
      }
      if (question.a_week == 0 && week < question.weeks) continue;
      const std::size_t then = series.history.size() + 1 - kNightsAgo;
      const GateFinding finding = judge_series(series, GateRules{});
      const std::span<const double> until_then = std::span(series.history).first(then);
      found = judge_level(finding, known_of(until_then, question), GateRules{}).state == GateState::kWorse;
    }
    rate.hits += found ? 1 : 0;
  }
  return rate;
}

SimulatedRate simulate_step_dating(double between_days, int runs, std::uint64_t seed) {
  constexpr double kStep = 1.10;
  SimulatedRate rate{fmt::format("a step of 10 % in 100 runs is dated within ± 2; {} between days",
                                 in_percent(between_days))};
  SimulatedMachine machine(of_days(between_days), seed);
  for (; rate.of < runs; ++rate.of) {
    const int truth = 33 + static_cast<int>(machine.uniform() * 34);
    std::vector<double> values;
    values.reserve(100);
    for (int i = 0; i < 100; ++i) values.push_back(night(machine, i < truth ? 1 : kStep));
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
      fmt::format("100 runs without a step are given one; {} between days", in_percent(between_days))};
  SimulatedMachine machine(of_days(between_days), seed);
  for (; rate.of < runs; ++rate.of) {
    std::vector<double> values;
    values.reserve(100);
    for (int i = 0; i < 100; ++i) values.push_back(night(machine, 1));
    rate.hits += change_points(values).empty() ? 0 : 1;
  }
  return rate;
}

}  // namespace bench
