#include "bench/stats/judge/derive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "support/sample_run.h"

namespace bench {
namespace {

// testing::Test has a member named Run.
using StoredRun = bench::Run;

TEST(Derive, SummariesLeaveOutTheWarmUpAndCountFailures) {
  StoredRun run = test::run_with_failures();
  derive(run);
  const auto summary = std::find_if(run.summaries.begin(), run.summaries.end(), [](const Summary& s) {
    return s.target == "libvirt:full" && s.metric == "startup.ready";
  });
  ASSERT_NE(summary, run.summaries.end());
  EXPECT_EQ(summary->n, 8);
  EXPECT_EQ(summary->failures, 2);
  EXPECT_EQ(summary->unit, Unit::kSeconds);
  EXPECT_FALSE(summary->p95);
  EXPECT_TRUE(summary->ci95);
  std::vector<double> values;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.target == "libvirt:full" && sample.metric == "startup.ready") {
      values.push_back(sample.value);
    }
  }
  EXPECT_EQ(summary->median, median(values));
  EXPECT_EQ(summary->max, *std::max_element(values.begin(), values.end()));
  for (const Summary& s : run.summaries) {
    EXPECT_EQ(s.failures, s.target == "libvirt:full" ? 2 : 0);  // docker's was in the warm-up
  }
}

TEST(Derive, P95FromTwentyOn) {
  StoredRun run = test::sample_run(20);
  derive(run);
  ASSERT_FALSE(run.summaries.empty());
  for (const Summary& summary : run.summaries) EXPECT_TRUE(summary.p95);
  run = test::sample_run(19);
  derive(run);
  ASSERT_FALSE(run.summaries.empty());
  for (const Summary& summary : run.summaries) EXPECT_FALSE(summary.p95);
}

TEST(Derive, ComparesTheContainerWithEachVmAndTheVmsWithOneAnother) {
  StoredRun run = test::sample_run();
  derive(run);
  std::vector<std::string> pairs;
  for (const Comparison& c : run.comparisons) {
    if (c.metric == "startup.ready") pairs.push_back(c.a + " " + c.b);
  }
  EXPECT_THAT(pairs, ::testing::ElementsAre("docker libvirt:direct", "docker libvirt:full",
                                            "libvirt:direct libvirt:full"));
  std::swap(run.targets[0], run.targets[2]);  // the container last: it is still the base
  EXPECT_EQ(compared_pairs(run)[0].a->name, "docker");
  run.targets.pop_back();  // only VMs
  ASSERT_EQ(compared_pairs(run).size(), 1U);
  EXPECT_EQ(compared_pairs(run)[0].a->name, "libvirt:full");
}

TEST(Derive, TheBaselineIsWhatTheOthersAreHeldAgainst) {
  StoredRun run = test::sample_run();
  run.baseline = "libvirt:full";
  derive(run);
  std::vector<std::string> pairs;
  for (const Comparison& c : run.comparisons) {
    if (c.metric == "startup.ready") pairs.push_back(c.a + " " + c.b);
  }
  EXPECT_THAT(pairs, ::testing::ElementsAre("libvirt:full docker", "libvirt:full libvirt:direct"));
  EXPECT_EQ(baseline_of(run)->name, "libvirt:full");
  run.baseline.clear();
  EXPECT_EQ(baseline_of(run)->name, "docker");
  run.targets.clear();
  EXPECT_EQ(baseline_of(run), nullptr);
}

TEST(Derive, IsIdempotentAndAFunctionOfTheSamplesOnly) {
  StoredRun run = test::sample_run();
  derive(run);
  StoredRun again = run;
  derive(again);
  EXPECT_EQ(again, run);
  again.claims = {{"c", "s", ClaimVerdict::kSupported, {}, {}, ""}};
  derive(again);
  EXPECT_EQ(again, run) << "claims follow from their definitions";
}

TEST(Derive, TakesTheOddRuns) {
  for (StoredRun run : {test::empty_run(), test::single_round_run(), test::one_target_run(),
                        test::dead_target_run(), test::unmarked_run(), bench::Run{}}) {
    EXPECT_NO_THROW(derive(run));
    for (const Summary& summary : run.summaries) EXPECT_GT(summary.n, 0);
  }
  StoredRun dead = test::dead_target_run();
  derive(dead);
  EXPECT_TRUE(dead.comparisons.empty());
  StoredRun single = test::single_round_run();
  derive(single);
  ASSERT_FALSE(single.summaries.empty());
  for (const Summary& summary : single.summaries) {
    EXPECT_EQ(summary.n, 1);
    EXPECT_FALSE(summary.stddev);
    EXPECT_FALSE(summary.ci95);
  }
}

TEST(Derive, CostsNoMoreThanInProportion) {
  StoredRun run = test::sample_run(20);  // 3 targets, 7 to 10 metrics
  const auto begin = std::chrono::steady_clock::now();
  derive(run);
  const double usual = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  run = test::sample_run(385);  // more than 10 000 samples
  ASSERT_GE(run.samples.size(), 10'000U);
  const auto begin_large = std::chrono::steady_clock::now();
  derive(run);
  const double large = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_large).count();
  // 19 times the samples; a quadratic step would cost 370 times as much.
  EXPECT_LT(large, 100 * usual);
}

}  // namespace
}  // namespace bench
