#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/base/error.h"
#include "support/fake_driver.h"
#include "unit/measure/runner_fixture.h"

namespace bench {
namespace {

using ::testing::HasSubstr;

class SharedRounds : public RunnerTest {};

// Scenarios of a run share the instance of each round.

ScenarioRow second_scenario() {
  ScenarioRow row;
  row.name = "second";
  row.metrics = {{.name = "second.bytes", .unit = Unit::kBytes, .role = Role::kHeadline},
                 {.name = "second.once", .unit = Unit::kBytes},
                 {.name = "second.curve", .unit = Unit::kBytes}};
  row.before = [](Trial& trial) {
    trial.record("second.once", 7.0);
    trial.note("rule", std::string("stated"));
    trial.warn("look out", "look");
  };
  row.observe = [](Trial& trial, StartedInstance& started) {
    trial.record("second.bytes", started.instance.state().running ? 1.0 : 0.0);
  };
  row.after = [](Trial& trial) {
    const StartedInstance one = trial.start();
    const StartedInstance two = trial.start();
    for (const int n : {0, 1, 2}) trial.record("second.curve", 10.0 * n, {}, n, 4);
  };
  return row;
}

TEST_F(SharedRounds, ScenariosShareTheInstanceOfARound) {
  const ScenarioRow second = second_scenario();
  plan_.scenarios.push_back(&second);
  go();
  EXPECT_EQ(a_.created(), 1 + 3 + 2) << "warm-up, rounds, and the two of the visit after them";
  for (const char* target : {"a", "b"}) {
    EXPECT_EQ(count(target, "startup.ready", false), 3);
    EXPECT_EQ(count(target, "startup.stop", false), 3);
    EXPECT_EQ(count(target, "second.bytes", false), 3);
    EXPECT_EQ(count(target, "second.once", false), 1);
    EXPECT_EQ(count(target, "second.curve", false), 3);
  }
  EXPECT_EQ(run_.samples.front().metric, "second.once") << "before the rounds";
  EXPECT_EQ(run_.samples.back().at, 2.0);
  EXPECT_EQ(run_.samples.back().round, 4);
  EXPECT_EQ(run_.conditions.at("second.a.rule"), Fact(std::string("stated")));
  EXPECT_EQ(run_.environment.warnings, (std::vector<Warning>{{"look out", "look"}}))
      << "once for both targets";
  EXPECT_EQ(a_.alive() + b_.alive(), 0);
}

TEST_F(SharedRounds, AStopCarriesItsResolutionAndSaysWhenThePlugWasNeeded) {
  plan_.targets[0].info.traits.stop_resolution = 0.002;
  a_.behaviour.stop_delay = Seconds(0.05);
  plan_.rules.stop_grace = Seconds(0.02);
  go();
  int seen = 0;
  for (const Sample& sample : run_.samples) {
    if (sample.metric != "startup.stop") continue;
    EXPECT_EQ(sample.resolution, sample.target == "a" ? std::optional(0.002) : std::nullopt);
    ++seen;
  }
  EXPECT_GE(seen, 6);
  EXPECT_EQ(run_.conditions.at("startup.a.stop_mode"), Fact(std::string("plug pulled after the grace")));
}

TEST_F(SharedRounds, AScenarioThatFailsLeavesTheOthersTheirSamples) {
  ScenarioRow second = second_scenario();
  second.observe = [](Trial& trial, StartedInstance&) {
    trial.record("second.bytes", 1.0);
    throw Error(ErrorCode::kEngine, "it died between ready and reading");
  };
  plan_.scenarios.push_back(&second);
  plan_.rounds = 5;
  go();
  EXPECT_EQ(run_.status, RunStatus::kComplete) << "start-up is worth measuring to the end";
  EXPECT_EQ(count("a", "startup.ready", false), 5);
  EXPECT_EQ(count("a", "startup.stop", false), 0) << "how long a dead instance takes to stop says nothing";
  EXPECT_EQ(count("a", "second.bytes", false), 0) << "nothing of a failed visit is taken";
  const auto failed = [](const Failure& failure) { return failure.scenario == "second"; };
  EXPECT_EQ(std::count_if(run_.failures.begin(), run_.failures.end(), failed), 12);
  EXPECT_EQ(run_.failures.size(), 12U);
}

TEST_F(SharedRounds, AFailedStartIsAFailureOfEveryScenarioThatWouldHaveObservedIt) {
  const ScenarioRow second = second_scenario();
  plan_.scenarios.push_back(&second);
  observer_.round_begins = [&](const std::string&, int round, int, bool warmup) {
    b_.behaviour.die_after = !warmup && round == 1 ? std::optional<Seconds>(Seconds(0.0)) : std::nullopt;
    b_.behaviour.ready_after = !warmup && round == 1 ? Seconds(60) : Seconds(0.01);
  };
  go();
  ASSERT_EQ(run_.failures.size(), 2U);
  EXPECT_EQ(run_.failures[0].scenario, "startup");
  EXPECT_EQ(run_.failures[1].scenario, "second");
  EXPECT_EQ(run_.failures[0].message, run_.failures[1].message);
}

TEST_F(SharedRounds, AFailureOutsideTheRoundsIsNoFailedRound) {
  ScenarioRow second = second_scenario();
  second.after = [](Trial& trial) {
    trial.record("second.curve", 1.0, {}, 1);
    throw Error(ErrorCode::kEngine, "not enough memory");
  };
  plan_.scenarios = {&second};
  go();
  EXPECT_EQ(run_.status, RunStatus::kComplete);
  ASSERT_EQ(run_.failures.size(), 2U);
  EXPECT_FALSE(is_of_a_round(run_.failures[0]));
  EXPECT_EQ(count("a", "second.curve", false), 1) << "points that were measured are true";
}

TEST_F(SharedRounds, AScenarioWithoutRoundsStartsNothing) {
  ScenarioRow once = second_scenario();
  once.observe = nullptr;
  once.after = nullptr;
  plan_.scenarios = {&once};
  go();
  EXPECT_EQ(a_.created() + b_.created(), 0);
  EXPECT_EQ(run_.status, RunStatus::kComplete);
  EXPECT_EQ(run_.samples.size(), 2U);
}

}  // namespace
}  // namespace bench
