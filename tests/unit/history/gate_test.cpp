#include "bench/history/gate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "bench/core/run_json.h"
#include "bench/history/history.h"
#include "bench/history/rows.h"
#include "bench/stats/judge/derive.h"
#include "support/own_state.h"
#include "support/sample_run.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A history of runs of one target, made value by value.
class GateTest : public OwnState {
 protected:
  void SetUp() override {
    OwnState::SetUp();
    dir_ = base_ / "results";
    fs::create_directory(dir_);
  }

  /// Night `day`: every round of the metric has the value.
  static bench::Run night(int day, const std::string& scenario, const std::string& metric, Unit unit,
                          double value, int rounds) {
    bench::Run run = test::one_target_run();
    run.run_id = fmt::format("run-{:03}", day);
    run.started_at =
        fmt::format("{}-{:02}-{:02}T02:00:00Z", 2026 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
    run.samples.clear();
    run.failures.clear();
    for (int round = 0; round < rounds; ++round) {
      run.samples.push_back({scenario, run.targets[0].name, metric, unit, value, round, 0, false, {}});
    }
    derive(run);
    return run;
  }
  static bench::Run disk(int day, double bytes) {
    return night(day, "size", "size.disk", Unit::kBytes, bytes, 1);
  }
  static bench::Run ready(int day, double seconds) {
    return night(day, "startup", "startup.ready", Unit::kSeconds, seconds, 10);
  }
  void store(const bench::Run& run) {
    fs::create_directories(dir_ / run.run_id);
    std::ofstream(dir_ / run.run_id / "run.json") << to_json(run);
  }
  GateAnswer judge(const bench::Run& run, const GateRequest& request = {}) {
    return gate_by_history(run, History(dir_), {}, request);
  }

  fs::path dir_;
};

TEST_F(GateTest, ASizeThatGrowsFourPercentIsARegression) {
  for (int day = 0; day < 12; ++day) store(disk(day, 100e6 + 1000 * (day % 3)));
  EXPECT_EQ(judge(disk(12, 100.4e6)).answer, GateResult::kPass);
  const GateAnswer answer = judge(disk(12, 104e6));
  EXPECT_EQ(answer.answer, GateResult::kRegression);
  ASSERT_EQ(answer.lines.size(), 1U);
  EXPECT_THAT(answer.lines[0].why, HasSubstr("+4.0 %, beyond ±0.5 %"));
}

TEST_F(GateTest, ASizeHasNoNoiseHoweverItMovedBefore) {
  for (int day = 0; day < 12; ++day) store(disk(day, day % 2 == 0 ? 95e6 : 105e6));
  EXPECT_EQ(judge(disk(12, 104e6)).answer, GateResult::kRegression);
  GateRequest wide;
  wide.rules.exact_threshold = 0.10;
  EXPECT_EQ(judge(disk(12, 104e6), wide).answer, GateResult::kPass);
}

TEST_F(GateTest, ASizeIsHeldAgainstOneRunByTheSameRule) {
  EXPECT_EQ(gate_by_run(disk(1, 104e6), disk(0, 100e6), {}).answer, GateResult::kRegression);
  EXPECT_EQ(gate_by_run(disk(1, 100.4e6), disk(0, 100e6), {}).answer, GateResult::kPass);
}

TEST_F(GateTest, ASecondRegressionSoonAfterAStepIsFoundAndTheStepNamed) {
  for (int day = 0; day < 15; ++day) store(ready(day, 1));
  for (int day = 15; day < 20; ++day) store(ready(day, 1.2));
  const GateAnswer same = judge(ready(20, 1.2));
  EXPECT_EQ(same.answer, GateResult::kPass);
  EXPECT_THAT(same.lines[0].why, HasSubstr("of 5 runs since the step of 2026-01-16"));
  EXPECT_EQ(judge(ready(20, 1.32)).answer, GateResult::kRegression);
}

TEST_F(GateTest, WhatCreepsIsHeldAgainstTheLevelOf90DaysAgo) {
  for (int day = 0; day < 130; ++day) store(ready(day, day < 30 ? 1 : std::pow(1.01, (day - 30) / 7.0)));
  const bench::Run now = ready(130, std::pow(1.01, 100 / 7.0));
  GateAnswer answer = judge(now);
  EXPECT_EQ(answer.answer, GateResult::kRegression);
  ASSERT_EQ(answer.lines[0].references.size(), 1U);
  EXPECT_THAT(answer.lines[0].why, HasSubstr("the level against 90 days ago: +1"));
  // Ten runs have said so: no second run is asked, and none takes it back.
  EXPECT_FALSE(needs_confirmation(answer));
  confirm(answer, ready(131, 1), nullptr, {});
  EXPECT_EQ(answer.answer, GateResult::kRegression);
  // A newer pin says that what came before it has been accepted.
  GateRequest request;
  request.pins.push_back({"accepted", ready(125, std::pow(1.01, 95 / 7.0))});
  answer = judge(now, request);
  EXPECT_EQ(answer.answer, GateResult::kPass);
  EXPECT_THAT(answer.lines[0].references.at(0).name, "the pin accepted");
}

TEST_F(GateTest, WhatCreepsIsHeldAgainstTheNewestPin) {
  for (int day = 0; day < 60; ++day) store(ready(day, std::pow(1.01, day / 7.0)));
  EXPECT_EQ(judge(ready(60, std::pow(1.01, 60 / 7.0))).answer, GateResult::kPass);
  GateRequest request;
  request.pins.push_back({"release-1", ready(0, 1)});
  const GateAnswer answer = judge(ready(60, std::pow(1.01, 60 / 7.0)), request);
  EXPECT_EQ(answer.answer, GateResult::kRegression);
  EXPECT_THAT(answer.lines[0].why, HasSubstr("the level against the pin release-1: +8"));
}

TEST(FigureRows, AStopThatNeededThePlugIsAnotherHistory) {
  bench::Run run = test::sample_run();
  const auto conditions = [&] {
    std::vector<std::string> of_docker;
    for (const FigureRow& row : figures_of(run)) {
      const bool asked = row.metric == "startup.stop" || row.metric == "startup.ready";
      if (asked && row.target == run.targets[0].name) of_docker.push_back(row.conditions);
    }
    return of_docker;
  };
  const auto before = conditions();
  ASSERT_EQ(before.size(), 2U);
  EXPECT_EQ(before[0], before[1]);
  run.conditions["startup." + run.targets[0].name + ".stop_mode"] =
      std::string("plug pulled after the grace");
  const auto after = conditions();
  EXPECT_EQ((after[0] != before[0]) + (after[1] != before[1]), 1) << "of the stop alone";
}

TEST(FigureRows, ASlopeThatCouldBeZeroIsNoBaseline) {
  bench::Run run = test::sample_run_all();
  const auto usable = [&] {
    for (const FigureRow& row : figures_of(run)) {
      if (row.metric == "memory.marginal" && row.against.empty()) return row.usable;
    }
    return false;
  };
  EXPECT_TRUE(usable());
  std::erase_if(run.samples, [](const Sample& sample) { return sample.at && sample.round > 0; });
  EXPECT_FALSE(usable());
}

TEST(FigureRows, AFailureOutsideTheRoundsSpoilsNoFigure) {
  const auto usable = [](const char* phase) {
    bench::Run run = test::one_target_run();
    run.failures.assign(1, {run.samples[0].scenario, run.targets[0].name, 0, false, phase, "x"});
    std::erase_if(run.samples, [](const Sample& sample) { return sample.round >= 6; });
    run.summaries.clear();
    return figures_of(run).at(0).usable;
  };
  EXPECT_TRUE(usable(kAfterRounds));
  EXPECT_TRUE(usable(kBeforeRounds));
  EXPECT_FALSE(usable("create"));  // one of six
}

}  // namespace
}  // namespace bench
