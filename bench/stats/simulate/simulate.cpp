#include "bench/stats/simulate/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "bench/core/first_metrics.h"
#include "bench/stats/judge/compare.h"
#include "bench/stats/judge/precision.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

std::string percent_of(double share) {
  return fmt::format("{:g} %", share * 100);
}

SimulatedNoise with_cv(double cv, double drift_cv) {
  SimulatedNoise noise;
  noise.cv = cv;
  noise.drift_cv = drift_cv;
  return noise;
}

std::optional<Comparison> compared(const Run& run) {
  return compare(run, scenario::kStartup, metric::kReady, run.targets[0], run.targets[1]);
}

/// What `bench run` would have measured: it ends once the ratio is known to ± 5 %.
Run ended_early(const Run& whole) {
  Run run = whole;
  for (int rounds = kRoundsForVerdict; rounds < whole.rounds; ++rounds) {
    run.samples.clear();
    std::copy_if(whole.samples.begin(), whole.samples.end(), std::back_inserter(run.samples),
                 [&](const Sample& sample) { return sample.round < rounds; });
    if (precise_enough(run, scenario::kStartup, metric::kReady, kPrecisionByDefault)) return run;
  }
  return whole;
}

bool a_speed_is_claimed(const std::optional<Comparison>& comparison) {
  return comparison && (comparison->verdict == Verdict::kFaster || comparison->verdict == Verdict::kSlower);
}

bool holds(const std::optional<Interval>& interval, double truth) {
  return interval && interval->low <= truth && truth <= interval->high;
}

constexpr double kTrueRatio = 1.3;

SimulatedRate coverage(std::string what, double cv, int runs, std::uint64_t seed,
                       Run (*measured)(const Run&)) {
  SimulatedRate rate{std::move(what)};
  SimulatedMachine machine(with_cv(cv, cv), seed);
  for (; rate.of < runs; ++rate.of) {
    const auto result = compared(measured(machine.run({1, kTrueRatio}, kSimulatedRounds)));
    rate.hits += result && holds(result->ci95, kTrueRatio) ? 1 : 0;
  }
  return rate;
}

}  // namespace

Interval SimulatedRate::interval() const {
  constexpr double kZ = 1.959964;
  if (of == 0) return {0, 1};
  const double n = of;
  const double middle = (share() + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half = kZ / (1 + kZ * kZ / n) * std::sqrt(share() * (1 - share()) / n + kZ * kZ / (4 * n * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

SimulatedRate& SimulatedRate::operator+=(const SimulatedRate& other) {
  if (what.empty()) what = other.what;
  hits += other.hits;
  of += other.of;
  return *this;
}

SimulatedRate simulate_coverage(double cv, int runs, std::uint64_t seed) {
  return coverage(fmt::format("the 95 % interval holds the true ratio; 20 rounds, cv {}", percent_of(cv)), cv,
                  runs, seed, [](const Run& run) { return run; });
}

SimulatedRate simulate_coverage_ended_early(double cv, int runs, std::uint64_t seed) {
  return coverage(fmt::format("the 95 % interval holds the true ratio; ended early, cv {}", percent_of(cv)),
                  cv, runs, seed, ended_early);
}

SimulatedRate simulate_median_coverage(double cv, double drift_cv, int runs, std::uint64_t seed) {
  SimulatedRate rate{
      fmt::format("the 95 % interval holds a target's median during the run; 20 rounds, cv {}, {}",
                  percent_of(cv), drift_cv == 0 ? "no drift" : "drift of " + percent_of(drift_cv))};
  SimulatedMachine machine(with_cv(cv, drift_cv), seed);
  for (; rate.of < runs; ++rate.of) {
    const SimulatedMachine::Stretch run = machine.stretch(kSimulatedRounds);
    rate.hits += holds(median_interval(run.trials), run.median) ? 1 : 0;
  }
  return rate;
}

SimulatedRate simulate_false_verdicts(double cv, int runs, std::uint64_t seed) {
  SimulatedRate rate{fmt::format(
      "two identical targets of one run are called faster or slower; ended early, cv {}", percent_of(cv))};
  SimulatedMachine machine(with_cv(cv, cv), seed);
  for (; rate.of < runs; ++rate.of) {
    rate.hits += a_speed_is_claimed(compared(ended_early(machine.run({1, 1}, kSimulatedRounds)))) ? 1 : 0;
  }
  return rate;
}

SimulatedRate simulate_false_verdicts_apart(double cv, int runs, std::uint64_t seed) {
  SimulatedRate rate{fmt::format(
      "two runs of the same are called faster or slower; 20 rounds each, cv {}, and drift half as large",
      percent_of(cv))};
  // What drifts is no noise to a run alone: only the history shows it.
  SimulatedMachine machine(with_cv(cv, cv / 2), seed);
  for (; rate.of < runs; ++rate.of) {
    const Run first = machine.run({1}, kSimulatedRounds);
    const Run second = machine.run({1}, kSimulatedRounds);
    const auto result =
        compare_runs(first, first.targets[0], second, second.targets[0], scenario::kStartup, metric::kReady);
    rate.hits += a_speed_is_claimed(result) ? 1 : 0;
  }
  return rate;
}

}  // namespace bench
