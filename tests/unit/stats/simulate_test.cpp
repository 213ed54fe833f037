#include "bench/stats/simulate/simulate.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

// What the statistics are held to (docs/gate.md says what `bench simulate` has seen, with more runs). Each
// question is asked of several seeds, so that no single one can be lucky.

template <typename Simulate>
SimulatedRate of_seeds(const Simulate& of_seed) {
  SimulatedRate all;
  for (const std::uint64_t seed : {1U, 2U, 3U}) all += of_seed(kSimulationSeed + seed);
  return all;
}

void expect_between(const SimulatedRate& rate, double low, double high) {
  EXPECT_TRUE(rate.share() >= low && rate.share() <= high)
      << rate.what << ": " << rate.share() * 100 << " % of " << rate.of;
}

TEST(Simulation, TheIntervalHoldsTheTruth) {
  for (const double cv : {0.02, 0.10}) {
    expect_between(of_seeds([&](std::uint64_t seed) { return simulate_coverage(cv, 150, seed); }), 0.93,
                   0.99);
  }
}
TEST(Simulation, TheIntervalHoldsTheTruthOfARunThatEndedEarly) {
  for (const double cv : {0.02, 0.05}) {
    expect_between(of_seeds([&](std::uint64_t seed) { return simulate_coverage_ended_early(cv, 100, seed); }),
                   0.93, 0.99);
  }
}
TEST(Simulation, TheIntervalOfOneTargetHoldsItsMedianDuringTheRun) {
  for (const double drift : {0.0, 0.0125, 0.025, 0.05}) {
    expect_between(
        of_seeds([&](std::uint64_t seed) { return simulate_median_coverage(0.05, drift, 200, seed); }), 0.93,
        drift < 0.05 ? 0.97 : 0.98);  // a little wide where the machine drifts as much as the trials differ
  }
}
TEST(Simulation, IdenticalTargetsAreNotCalledFasterOrSlower) {
  expect_between(of_seeds([](std::uint64_t seed) { return simulate_false_verdicts(0.05, 50, seed); }), 0,
                 0.01);
  expect_between(of_seeds([](std::uint64_t seed) { return simulate_false_verdicts_apart(0.05, 50, seed); }),
                 0, 0.03);
}
TEST(Simulation, TheGateIsSilentWithoutACause) {
  for (const SimulatedGate& question : {SimulatedGate{.history = 10}, SimulatedGate{.same_day = 1},
                                        SimulatedGate{.step = 0.90, .most_after = 10}}) {
    expect_between(of_seeds([&](std::uint64_t seed) { return simulate_gate(question, 700, seed); }), 0,
                   0.005);
  }
  for (const bool by_pin : {false, true}) {
    const SimulatedCreep nothing{.a_week = 0, .by_pin = by_pin};
    expect_between(of_seeds([&](std::uint64_t seed) { return simulate_creep(nothing, 300, seed); }), 0,
                   0.005);
  }
}
TEST(Simulation, TheGateSeesFifteenPercentAlsoAfterAStep) {
  for (const SimulatedGate& question :
       {SimulatedGate{.history = 10, .slower = 1.15}, SimulatedGate{.slower = 1.15},
        SimulatedGate{.slower = 1.15, .step = 1.10, .most_after = 10},
        SimulatedGate{.slower = 1.15, .step = 0.90, .least_after = 3, .most_after = 10}}) {
    expect_between(of_seeds([&](std::uint64_t seed) { return simulate_gate(question, 400, seed); }), 0.95, 1);
  }
}
TEST(Simulation, OnePercentAWeekIsFoundWithinTwelve) {
  for (const bool by_pin : {false, true}) {
    const SimulatedCreep creep{.by_pin = by_pin};
    expect_between(of_seeds([&](std::uint64_t seed) { return simulate_creep(creep, 60, seed); }), 0.90, 1);
  }
}
TEST(Simulation, AStepIsDated) {
  expect_between(of_seeds([](std::uint64_t seed) { return simulate_step_dating(0.02, 40, seed); }), 0.90, 1);
  expect_between(of_seeds([](std::uint64_t seed) { return simulate_false_steps(0.02, 70, seed); }), 0, 0.03);
}

TEST(Simulation, TheIntervalOfAShareIsWilsons) {
  const SimulatedRate rate{"", 5, 100};
  EXPECT_NEAR(rate.interval().low, 0.0215, 0.0005);
  EXPECT_NEAR(rate.interval().high, 0.1118, 0.0005);
  EXPECT_EQ(SimulatedRate{}.interval(), (Interval{0, 1}));
}

}  // namespace
}  // namespace bench
