#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bench/base/error.h"
#include "bench/measure/host/memory.h"
#include "bench/measure/runner.h"
#include "bench/stats/judge/marginal.h"
#include "scenarios/memory.h"
#include "support/fake_driver.h"

namespace bench {
namespace {

using test::FakeDriver;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr double kGiB = 1024.0 * 1024 * 1024;

TEST(AffordableInstances, NeverMoreThanHalfAndOneGibibyteIsLeft) {
  EXPECT_EQ(affordable_instances(6, 24 * kGiB, 0.5 * kGiB), 6);
  EXPECT_EQ(affordable_instances(6, 4 * kGiB, 0.5 * kGiB), 4) << "half of 4 GiB";
  EXPECT_EQ(affordable_instances(6, 1.8 * kGiB, 0.5 * kGiB), 1) << "1 GiB is left alone";
  EXPECT_EQ(affordable_instances(6, 0.5 * kGiB, 0.5 * kGiB), 0);
  EXPECT_EQ(affordable_instances(3, 24 * kGiB, 100 * kGiB), 0);
}

class MemoryScenario : public ::testing::Test {
 protected:
  MemoryScenario() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bench-memory-XXXXXX").string();
    scratch_ = mkdtemp(pattern.data());
    startup_ = scenario_table().front();
    memory_ = memory_scenario();
    memory_.after = [](Trial& trial) {
      MarginalRules rules;
      rules.passes = 2;
      rules.calm = Seconds(0.1);
      rules.spacing = Seconds(0.005);
      measure_marginal_memory(trial, rules);
    };
    plan_.scenarios = {&startup_, &memory_};
    plan_.rounds = 1;
    plan_.warmup = 0;
    plan_.seed = 5;
    plan_.rules.container_timeout = Seconds(10);
    plan_.owner = {"run", getpid(), 1};
    Target target;
    target.driver = &driver_;
    target.images = std::make_shared<const ImageSet>();
    target.info.name = "fake";
    target.info.kind = Kind::kContainer;
    target.info.memory_bytes = 1 << 20;
    plan_.targets.push_back(target);
    run_.targets.push_back(target.info);
  }
  ~MemoryScenario() override { std::filesystem::remove_all(scratch_); }

  void go() {
    Checkpoint checkpoint(scratch_ / "run", run_);
    run_plan(plan_, run_, checkpoint, observer_, stop_.get_token());
  }

  [[nodiscard]] std::vector<Sample> samples(const std::string& metric) const {
    std::vector<Sample> found;
    std::copy_if(run_.samples.begin(), run_.samples.end(), std::back_inserter(found),
                 [&](const Sample& sample) { return sample.metric == metric; });
    return found;
  }

  [[nodiscard]] std::string warnings() const {
    std::string text;
    for (const Warning& warning : run_.environment.warnings)
      text += warning.text + " | " + warning.remedy + "\n";
    return text;
  }

  FakeDriver driver_;
  ScenarioRow startup_, memory_;
  Plan plan_;
  bench::Run run_;
  RunObserver observer_;
  std::stop_source stop_;
  std::filesystem::path scratch_;
};

TEST(MarginalMemory, IsWalkedOftenEnoughForAVerdict) {
  EXPECT_GE(MarginalRules{}.passes, kPassesForVerdict);
}

// The fake's only process is the test itself.
TEST_F(MemoryScenario, RecordsWhatTheInstancesProcessesHold) {
  memory_.after = nullptr;
  go();
  EXPECT_THAT(run_.failures, IsEmpty());
  const auto pss = samples("memory.host_pss");
  ASSERT_EQ(pss.size(), 1U);
  const auto self = read_process_memory(getpid());
  ASSERT_TRUE(self);
  EXPECT_NEAR(pss[0].value, static_cast<double>(self->pss), 0.2 * static_cast<double>(self->pss));
  EXPECT_EQ(pss[0].unit, Unit::kBytes);
  EXPECT_EQ(samples("memory.part.app")[0].value, pss[0].value) << "the parts add up";
  EXPECT_EQ(samples("memory.loaded_pss").size(), 1U);
  EXPECT_THAT(samples("memory.guest_used"), IsEmpty()) << "no guest, no figure";
  EXPECT_THAT(samples("memory.vmm_overhead"), IsEmpty());
  EXPECT_THAT(samples("memory.cgroup"), IsEmpty()) << "the harness's own cgroup says nothing";
  ASSERT_EQ(samples("harness.settle_load").size(), 1U);
  for (const char* key : {"settle_rule", "cgroup", "guest_used", "requests"}) {
    EXPECT_TRUE(run_.conditions.contains(std::string("memory.fake.") + key)) << key;
  }
}

TEST_F(MemoryScenario, EveryMetricThatIsRecordedIsInTheTable) {
  go();
  std::set<std::string> known;
  for (const MetricSpec& row : memory_.metrics) known.insert(row.name);
  std::set<std::string> recorded;
  for (const Sample& sample : run_.samples) {
    if (sample.scenario != "memory") continue;
    recorded.insert(sample.metric);
    EXPECT_TRUE(known.contains(sample.metric)) << sample.metric;
  }
  EXPECT_GT(recorded.size(), 5U);
}

TEST_F(MemoryScenario, AnInstanceThatDiesAfterReadyIsAFailureAndItsStartStays) {
  memory_.after = nullptr;
  driver_.behaviour.ready_after = Seconds(0.01);
  driver_.behaviour.die_after = Seconds(0.25);  // within the settling
  go();
  EXPECT_EQ(run_.status, RunStatus::kComplete);
  ASSERT_EQ(run_.failures.size(), 1U);
  EXPECT_EQ(run_.failures[0].scenario, "memory");
  EXPECT_THAT(run_.failures[0].message, HasSubstr("ended while its memory was read"));
  EXPECT_THAT(run_.failures[0].message, HasSubstr("exited (3)"));
  EXPECT_EQ(samples("startup.ready").size(), 1U);
  EXPECT_THAT(samples("memory.host_pss"), IsEmpty()) << "nothing of it is taken";
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(MemoryScenario, TheCurveGoesUpAndDownAndLeavesNothing) {
  memory_.observe = nullptr;
  startup_.observe = nullptr;
  startup_.ended = nullptr;
  go();
  EXPECT_THAT(run_.failures, IsEmpty());
  std::map<int, std::vector<double>> at;
  for (const Sample& sample : samples("memory.available")) {
    ASSERT_TRUE(sample.at);
    EXPECT_GT(sample.value, 0);
    at[sample.round].push_back(*sample.at);
  }
  EXPECT_THAT(
      at, ElementsAre(Pair(0, ElementsAre(0, 1, 2, 3, 4, 5, 6)), Pair(1, ElementsAre(6, 5, 4, 3, 2, 1, 0))));
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(MemoryScenario, VmsAreStartedSideBySide) {
  memory_.observe = nullptr;
  startup_.observe = nullptr;
  startup_.ended = nullptr;
  plan_.targets[0].info.kind = Kind::kVm;
  plan_.targets[0].info.traits = traits_of_old_run(Kind::kVm, Acceleration::kTcg, "direct");
  driver_.behaviour.runtime_after = Seconds(0.2);
  driver_.behaviour.ready_after = Seconds(0.3);
  go();
  EXPECT_THAT(run_.failures, IsEmpty());
  std::map<int, std::vector<double>> at;
  for (const Sample& sample : samples("memory.available")) at[sample.round].push_back(*sample.at);
  EXPECT_THAT(at, ElementsAre(Pair(0, ElementsAre(0, 3)), Pair(1, ElementsAre(3, 2, 1, 0))));
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(MemoryScenario, LittleMemoryMeansFewerInstancesAndThatIsSaid) {
  memory_.observe = nullptr;
  startup_.observe = nullptr;
  startup_.ended = nullptr;
  const double allowed = static_cast<double>(allowed_memory());
  if (allowed < 4 * kGiB) GTEST_SKIP() << "less than 4 GiB may be taken here";
  plan_.targets[0].info.memory_bytes = static_cast<std::int64_t>(allowed / 2 / 3.5);
  go();
  EXPECT_THAT(run_.failures, IsEmpty());
  double most = 0;
  for (const Sample& sample : samples("memory.available")) most = std::max(most, *sample.at);
  EXPECT_LT(most, 6);
  EXPECT_GE(most, 2);
  EXPECT_THAT(warnings(), HasSubstr("instances at once in place of 6"));
  EXPECT_THAT(warnings(), HasSubstr("--memory"));
}

TEST_F(MemoryScenario, TooLittleMemoryIsAFailureWithAPlainMessage) {
  memory_.observe = nullptr;
  startup_.observe = nullptr;
  startup_.ended = nullptr;
  plan_.targets[0].info.memory_bytes = allowed_memory();
  go();
  ASSERT_EQ(run_.failures.size(), 1U);
  EXPECT_EQ(run_.failures[0].phase, kAfterRounds);
  EXPECT_THAT(run_.failures[0].message, HasSubstr("not enough memory for 2 instances"));
  EXPECT_EQ(driver_.created(), 0) << "none is tried";
}

TEST_F(MemoryScenario, AnInterruptInTheMiddleRemovesThemAll) {
  memory_.observe = nullptr;
  startup_.observe = nullptr;
  startup_.ended = nullptr;
  std::jthread interrupter([this] {
    for (int i = 0; i < 1000 && driver_.alive() < 3; ++i) std::this_thread::sleep_for(Seconds(0.01));
    stop_.request_stop();
  });
  go();
  EXPECT_EQ(run_.status, RunStatus::kInterrupted);
  EXPECT_GE(driver_.created(), 3);
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(MemoryScenario, OneOfSeveralThatDiesIsNotCounted) {
  memory_.observe = nullptr;
  startup_.observe = nullptr;
  startup_.ended = nullptr;
  driver_.behaviour.die_after = Seconds(0.5);
  go();
  ASSERT_EQ(run_.failures.size(), 1U);
  EXPECT_THAT(run_.failures[0].message, HasSubstr("ended while they were counted"));
  EXPECT_EQ(driver_.alive(), 0);
}

}  // namespace
}  // namespace bench
