#include "bench/stats/limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <vector>

#include "bench/stats/changepoint.h"

namespace bench {
namespace {

GateSeries series_of(std::vector<double> history, double current, Better better = Better::kLower) {
  GateSeries series;
  series.unit = Unit::kSeconds;
  series.better = better;
  series.history = std::move(history);
  series.current = current;
  return series;
}

std::vector<double> steady(std::size_t n, double value = 1) {
  return std::vector<double>(n, value);
}

TEST(Gate, TheLimitIsTheThresholdOrTheSpreadWhicheverIsMore) {
  EXPECT_DOUBLE_EQ(gate_limits(series_of(steady(10), 1), {})->margin, 0.05);
  std::vector<double> wide;
  for (int i = 0; i < 20; ++i) wide.push_back(i % 2 == 0 ? 0.9 : 1.1);  // MAD 0.1
  EXPECT_NEAR(gate_limits(series_of(wide, 1), {})->margin, 3 * 1.4826 * 0.1, 1e-12);
}

TEST(Gate, NothingBelowTheNoiseFloorOrTheResolutionIsAChange) {
  GateSeries series = series_of(steady(10), 1.08);
  EXPECT_EQ(judge_series(series, {}).state, GateState::kWorse);
  series.noise_floor = 0.1;
  EXPECT_EQ(judge_series(series, {}).state, GateState::kOk);
  series.noise_floor = 0;
  series.resolution = 0.09;
  EXPECT_EQ(judge_series(series, {}).state, GateState::kOk);
}

TEST(Gate, WorseAndBetterByTheUnit) {
  EXPECT_EQ(judge_series(series_of(steady(10), 1.2), {}).state, GateState::kWorse);
  EXPECT_EQ(judge_series(series_of(steady(10), 0.8), {}).state, GateState::kBetter);
  EXPECT_EQ(judge_series(series_of(steady(10), 1.2, Better::kHigher), {}).state, GateState::kBetter);
  EXPECT_EQ(judge_series(series_of(steady(10), 0.8, Better::kHigher), {}).state, GateState::kWorse);
  EXPECT_NEAR(judge_series(series_of(steady(10), 1.2), {}).change, 0.2, 1e-12);
}

TEST(Gate, TooFewRunsGiveNoAnswerAndOldOnesAreForgotten) {
  EXPECT_EQ(judge_series(series_of(steady(9), 5), {}).state, GateState::kNoBaseline);
  std::vector<double> history = steady(30, 9);
  for (const double value : steady(20)) history.push_back(value);
  EXPECT_DOUBLE_EQ(gate_limits(series_of(history, 1), {})->centre, 1);
}

TEST(Gate, WhatWasNotMeasuredIsNoPass) {
  GateSeries series = series_of(steady(10), 1);
  series.current.reset();
  EXPECT_EQ(judge_series(series, {}).state, GateState::kNotMeasured);
}

TEST(Gate, ConfirmedOnlyOnTheSameSide) {
  const GateFinding worse = judge_series(series_of(steady(10), 1.2), {});
  EXPECT_TRUE(confirms(worse, 1.1));
  EXPECT_FALSE(confirms(worse, 1.04));
  EXPECT_FALSE(confirms(worse, 0.8));
}

TEST(Gate, ARatioIsReadByTheSideThatMoved) {
  GateSeries ratio = series_of(steady(10, 10), 8);
  ratio.against = "docker";
  const GateFinding moved = judge_series(ratio, {});
  ASSERT_EQ(moved.state, GateState::kMoved);
  const GateFinding same = judge_series(series_of(steady(10), 1), {});
  const GateFinding slower = judge_series(series_of(steady(10), 1.25), {});
  const GateFinding faster = judge_series(series_of(steady(10), 0.8), {});
  EXPECT_EQ(ratio_state(moved, slower, same), GateState::kWorse);   // the container got slower
  EXPECT_EQ(ratio_state(moved, same, faster), GateState::kBetter);  // the VM got faster
  EXPECT_EQ(ratio_state(moved, same, same), GateState::kMoved);
}

TEST(ChangePoints, AStepIsFoundWhereItIs) {
  std::vector<double> values = steady(40);
  for (std::size_t i = 25; i < 40; ++i) values[i] = 1.1;
  for (std::size_t i = 0; i < 40; ++i) values[i] += 0.001 * static_cast<double>(i * 7 % 5);
  const auto found = change_points(values);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at, 25U);
  EXPECT_NEAR(found[0].before, 1.002, 0.001);
  EXPECT_NEAR(found[0].after, 1.102, 0.001);
  EXPECT_LE(found[0].p, 0.01);
  EXPECT_GT(found[0].p, 0) << "no number of permutations says never";
}

TEST(ChangePoints, SeveralStepsInOrder) {
  std::vector<double> values;
  for (const double level : {1.0, 2.0, 1.5}) {
    for (int i = 0; i < 20; ++i) values.push_back(level + 0.01 * (i * 7 % 5));
  }
  const auto found = change_points(values);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at, 20U);
  EXPECT_EQ(found[1].at, 40U);
}

TEST(ChangePoints, WhatIsConstantOrShortHasNone) {
  EXPECT_TRUE(change_points(std::vector<double>(200, 0.1)).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 1, 1, 1, 2, 2, 2, 2, 2}).empty());
  EXPECT_TRUE(change_points({}).empty());
}

TEST(ChangePoints, OneOutlierIsNoStep) {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) values.push_back(1 + 0.01 * (i * 7 % 5));
  values[30] = 5;
  EXPECT_TRUE(change_points(values).empty());
}

TEST(Levels, TheLimitsStartAtTheLastStep) {
  std::vector<double> history = steady(15);
  for (int i = 0; i < 5; ++i) history.push_back(1.2 + 0.002 * i);
  const GateLimits limits = *gate_limits(series_of(history, 1.2), {});
  EXPECT_TRUE(limits.after_step);
  EXPECT_EQ(limits.from, 15U);
  EXPECT_EQ(limits.runs, 5);
  EXPECT_NEAR(limits.centre, 1.204, 1e-12);
  EXPECT_NEAR(limits.margin, 0.05 * 1.204, 1e-12) << "the step is no spread";
}

TEST(Levels, ASecondRegressionWithinTenRunsOfAStepIsFound) {
  for (std::size_t after = 3; after <= 10; ++after) {
    std::vector<double> history = steady(20);
    for (std::size_t i = 0; i < after; ++i) history.push_back(1.2);
    EXPECT_EQ(judge_series(series_of(history, 1.2), {}).state, GateState::kOk) << after;
    EXPECT_EQ(judge_series(series_of(history, 1.32), {}).state, GateState::kWorse) << after;
  }
}

TEST(Levels, WhatFewRunsTellIsAllowedMore) {
  std::vector<double> history;
  for (int i = 0; i < 20; ++i) history.push_back(1 + 0.03 * (i % 3 - 1));
  const double spread = kMadToDeviation * 0.03;
  for (const double value : {1.5, 1.5, 1.5, 1.5}) history.push_back(value);
  const GateLimits limits = *gate_limits(series_of(history, 1.5), {});
  ASSERT_EQ(limits.runs, 4);
  EXPECT_GT(limits.margin, 3 * spread) << "the runs before the step say how much a run varies";
  EXPECT_NEAR(limits.margin, kGateSpreads * limits.spread * std::hypot(1, error_of_median(4)), 1e-9);
}

TEST(Levels, ACreepIsSeenAgainstAnEarlierLevel) {
  std::vector<double> history;
  for (int i = 0; i < 60; ++i) history.push_back(std::pow(1.0015, i));  // 1 % a week
  const double now = std::pow(1.0015, 60);
  const GateFinding finding = judge_series(series_of(history, now), {});
  EXPECT_EQ(finding.state, GateState::kOk);
  const GateReference reference = judge_level(finding, std::span(history).first(10), {});
  EXPECT_EQ(reference.state, GateState::kWorse);
  EXPECT_NEAR(reference.change, std::pow(1.0015, 51) - 1, 0.005);
  const std::vector<double> same(10, now);
  EXPECT_EQ(judge_level(finding, same, {}).state, GateState::kOk);
  const std::vector<double> slower(10, 1.3 * now);
  EXPECT_EQ(judge_level(finding, slower, {}).state, GateState::kBetter);
}

TEST(Levels, OneRunAsAReferenceIsAllowedAQuarterMore) {
  std::vector<double> history;
  for (int i = 0; i < 20; ++i) history.push_back(1 + 0.1 * (i % 3 - 1));
  const GateFinding finding = judge_series(series_of(history, 1), {});
  const auto margin = [&](std::size_t runs) {
    const std::vector<double> then(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(runs));
    return judge_level(finding, then, {}).margin;
  };
  const double now = error_of_median(10);
  EXPECT_NEAR(margin(1), 1.25 * kGateSpreads * finding.limits->spread * std::hypot(now, 1), 1e-9);
  EXPECT_NEAR(margin(20), kGateSpreads * finding.limits->spread * std::hypot(now, error_of_median(20)), 1e-9);
}

TEST(Levels, AStepIsAbruptAndACreepIsNot) {
  std::vector<double> step = steady(10), creep;
  for (int i = 0; i < 10; ++i) step.push_back(1.1);
  for (int i = 0; i < 60; ++i) creep.push_back(std::pow(1.0015, i));
  EXPECT_TRUE(is_abrupt(step, 10, 0.05));
  EXPECT_FALSE(is_abrupt(creep, 30, 0.05));
  EXPECT_FALSE(is_abrupt(step, 0, 0.05));
  std::vector<double> small = steady(10);
  for (int i = 0; i < 10; ++i) small.push_back(0.952);
  EXPECT_FALSE(is_abrupt(small, 10, 0.05)) << "a share of what was before";
}

}  // namespace
}  // namespace bench
