#include "bench/stats/judge/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/derive.h"
#include "bench/stats/judge/equivalence.h"
#include "bench/stats/judge/precision.h"
#include "bench/stats/summary.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// testing::Test has a member named Run.
using StoredRun = bench::Run;

/// Two containers, one metric, given values; a name that ends in what it measures.
StoredRun two_targets(const std::vector<double>& a, const std::vector<double>& b,
                      const std::string& metric = "startup.ready", Unit unit = Unit::kSeconds) {
  StoredRun run = test::one_target_run();
  run.samples.clear();
  run.targets.push_back(run.targets[0]);
  run.targets[0].name = "a";
  run.targets[1].name = "b";
  for (std::size_t i = 0; i < a.size(); ++i) {
    run.samples.push_back({"s", "a", metric, unit, a[i], static_cast<int>(i), 0, false, {}});
  }
  for (std::size_t i = 0; i < b.size(); ++i) {
    run.samples.push_back({"s", "b", metric, unit, b[i], static_cast<int>(i), 1, false, {}});
  }
  return run;
}

Comparison compared(const StoredRun& run) {
  return *compare(run, "s", run.samples[0].metric, run.targets[0], run.targets[1]);
}

std::vector<double> around(double centre, std::size_t n, double spread = 0.01, std::uint64_t seed = 1) {
  test::Noise noise(seed);
  std::vector<double> values(n);
  for (double& value : values) value = centre * std::exp(spread * noise.normal());
  return values;
}

TEST(Derive, WhatIsAboutTheMeasuringIsSummarisedAndNotCompared) {
  StoredRun run = two_targets(around(1, 10), around(2, 10, 0.01, 2), "harness.probe_load", Unit::kRatio);
  derive(run);
  EXPECT_EQ(run.summaries.size(), 2U);
  EXPECT_TRUE(run.comparisons.empty());
}

TEST(Compare, SecondsAreFasterOrSlower) {
  EXPECT_EQ(compared(two_targets(around(1, 10), around(2, 10, 0.01, 2))).verdict, Verdict::kSlower);
  EXPECT_EQ(compared(two_targets(around(2, 10), around(1, 10, 0.01, 2))).verdict, Verdict::kFaster);
}

TEST(Compare, RatesAreTheOtherWayRoundAndSizesAreLargerOrSmaller) {
  EXPECT_EQ(compared(two_targets(around(1, 10), around(2, 10), "t.rate", Unit::kPerSecond)).verdict,
            Verdict::kFaster);
  EXPECT_EQ(compared(two_targets(around(2, 10), around(1, 10), "t.rate", Unit::kPerSecond)).verdict,
            Verdict::kSlower);
  EXPECT_EQ(compared(two_targets(around(1, 10), around(2, 10), "memory.host_pss", Unit::kBytes)).verdict,
            Verdict::kLarger);
  EXPECT_EQ(compared(two_targets(around(2, 10), around(1, 10), "memory.host_pss", Unit::kBytes)).verdict,
            Verdict::kSmaller);
  EXPECT_EQ(compared(two_targets(around(1, 10), around(2, 10), "startup.cpu", Unit::kSeconds)).verdict,
            Verdict::kLarger);
}

TEST(Compare, RatioShiftAndPairedRounds) {
  const Comparison result = compared(two_targets(std::vector<double>(12, 2.0), std::vector<double>(11, 5.0)));
  EXPECT_DOUBLE_EQ(result.ratio, 2.5);
  EXPECT_DOUBLE_EQ(result.shift, 3);
  EXPECT_EQ(result.n, 11);
  EXPECT_EQ(result.ci95, (Interval{2.5, 2.5}));
  EXPECT_NEAR(*result.detectable, kThreshold, 1e-12);
}

TEST(Compare, TheThresholdIsAFactorThatIsTheSameBothWays) {
  const auto verdict = [](double b) {
    return compared(two_targets(std::vector<double>(10, 1.0), std::vector<double>(10, b))).verdict;
  };
  EXPECT_EQ(verdict(1 + kThreshold + 0.001), Verdict::kSlower);
  EXPECT_EQ(verdict(1 + kThreshold - 0.001), Verdict::kEquivalent);
  EXPECT_EQ(verdict(1 / (1 + kThreshold) - 0.001), Verdict::kFaster);  // above 1 − the threshold
  EXPECT_EQ(verdict(1 / (1 + kThreshold) + 0.001), Verdict::kEquivalent);
}

TEST(Compare, TheSameIsEquivalent) {
  EXPECT_EQ(compared(two_targets(around(1, 20), around(1.01, 20, 0.01, 2))).verdict, Verdict::kEquivalent);
}

TEST(Compare, NoisyIsInconclusiveAndSaysWhatItCouldHaveSeen) {
  const Comparison result = compared(two_targets(around(1, 10, 0.2), around(1.05, 10, 0.2, 2)));
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_GT(*result.detectable, 0.1);
  EXPECT_THAT(result.why, HasSubstr("could have seen"));
}

TEST(Compare, TheProbesResolutionRaisesTheThreshold) {
  StoredRun run = two_targets(around(1, 10), around(1.3, 10, 0.01, 2));
  EXPECT_EQ(compared(run).verdict, Verdict::kSlower);
  for (Sample& sample : run.samples) sample.resolution = 0.5;
  EXPECT_EQ(compared(run).verdict, Verdict::kEquivalent);  // 30 % apart, and nothing below 50 % could be seen
  run = two_targets(around(1, 10), around(1.45, 10, 0.01, 2));
  for (Sample& sample : run.samples) sample.resolution = 0.5;
  EXPECT_EQ(compared(run).verdict, Verdict::kEquivalent) << "half a second is a share of the quicker side";
}

TEST(Compare, RoundsDecideHowMuchIsSaid) {
  const auto with_rounds = [](std::size_t n) {
    return compared(two_targets(around(1, n), around(2, n, 0.01, 2)));
  };
  EXPECT_EQ(with_rounds(5).ci95, std::nullopt);
  EXPECT_EQ(with_rounds(5).detectable, std::nullopt);
  EXPECT_EQ(with_rounds(5).verdict, Verdict::kInconclusive);
  EXPECT_THAT(with_rounds(1).why, StartsWith("1 paired round: no interval below 6"));
  for (const std::size_t n : {6, 9}) {
    EXPECT_NE(with_rounds(n).ci95, std::nullopt);
    EXPECT_EQ(with_rounds(n).verdict, Verdict::kInconclusive);
    EXPECT_THAT(with_rounds(n).why, StartsWith("exploratory"));
  }
  EXPECT_EQ(with_rounds(10).verdict, Verdict::kSlower);
}

TEST(Compare, ASizeHasAThresholdOfItsOwn) {
  const auto verdict = [](double b) {
    return compared(two_targets({100e6}, {b}, "size.disk", Unit::kBytes));
  };
  EXPECT_EQ(verdict(104e6).verdict, Verdict::kLarger);
  EXPECT_EQ(verdict(104e6).why, "exact, and beyond ±0.5 %");
  EXPECT_EQ(verdict(99e6).verdict, Verdict::kSmaller);
  EXPECT_EQ(verdict(100.4e6).verdict, Verdict::kEquivalent);
}

TEST(Compare, MoreThanATenthFailedGivesNoVerdict) {
  StoredRun run = two_targets(around(1, 20), around(2, 18, 0.01, 2));
  run.failures = {{"s", "b", 18, false, "kernel", "x", {}}, {"s", "b", 19, false, "kernel", "x", {}}};
  EXPECT_EQ(compared(run).verdict, Verdict::kSlower);  // exactly 10 %
  run.failures.push_back({"s", "b", 0, true, "kernel", "in the warm-up", {}});
  EXPECT_EQ(compared(run).verdict, Verdict::kSlower);
  run.failures.push_back({"s", "b", 20, false, "kernel", "x", {}});
  EXPECT_EQ(compared(run).verdict, Verdict::kInconclusive);
  EXPECT_THAT(compared(run).why, HasSubstr("3 of 21 trials of b failed"));
  EXPECT_TRUE(compared(run).ci95);  // the numbers stay
}

TEST(Compare, DifferentThingsAreNotComparable) {
  StoredRun run = two_targets(around(1, 10), around(2, 10, 0.01, 2));
  run.targets[1].equivalence.python = "3.12.3";
  EXPECT_EQ(compared(run).verdict, Verdict::kNotComparable);
  EXPECT_THAT(compared(run).why, HasSubstr("python 3.11.2 against 3.12.3"));
  EXPECT_TRUE(compared(run).ci95);
}

TEST(Compare, AnotherKernelIsTheVeryPoint) {
  StoredRun run = two_targets(around(1, 10), around(2, 10, 0.01, 2));
  run.targets[1].equivalence.kernel = "5.10";
  EXPECT_EQ(compared(run).verdict, Verdict::kSlower);
}

TEST(Compare, WhatWasNotVerifiedIsSaid) {
  StoredRun run = two_targets(around(1, 10), around(2, 10, 0.01, 2));
  run.targets[1].equivalence.flask.reset();
  EXPECT_EQ(compared(run).verdict, Verdict::kSlower);
  EXPECT_THAT(compared(run).why, HasSubstr("not verified to be the same: flask"));
}

TEST(Compare, AGuestsKernelMayKeepSomeMemoryButNotMuch) {
  StoredRun run = two_targets(around(1, 10), around(2, 10, 0.01, 2));
  run.targets[1].equivalence.memory_bytes = 470LL << 20;  // of 512
  EXPECT_EQ(compared(run).verdict, Verdict::kSlower);
  run.targets[1].equivalence.memory_bytes = 412LL << 20;  // more than 64 MiB and a twentieth
  EXPECT_EQ(compared(run).verdict, Verdict::kNotComparable);
  run.targets[1].equivalence.memory_bytes = 24LL << 30;  // no limit at all
  EXPECT_EQ(compared(run).verdict, Verdict::kNotComparable);
}

TEST(Compare, EmulatedSpeedIsNotComparableWithRealSpeed) {
  StoredRun run = test::sample_run();
  const auto verdict = [&](const std::string& metric, std::size_t a, std::size_t b) {
    return compare(run, "startup", metric, run.targets[a], run.targets[b])->verdict;
  };
  EXPECT_EQ(verdict("startup.ready", 0, 1), Verdict::kNotComparable);
  EXPECT_EQ(verdict("startup.cpu", 0, 1), Verdict::kNotComparable);
  EXPECT_EQ(verdict("startup.ready", 1, 2), Verdict::kSlower);  // both emulated
  const Comparison result = *compare(run, "startup", "startup.ready", run.targets[0], run.targets[1]);
  EXPECT_EQ(result.why, "VM emulated (TCG): not a figure for hardware virtualisation");
  EXPECT_TRUE(result.ci95);
  run.targets[1].acceleration = Acceleration::kKvm;
  EXPECT_EQ(verdict("startup.ready", 0, 1), Verdict::kSlower);
  for (Sample& sample : run.samples) {
    if (sample.metric != "startup.ready") continue;
    sample.metric = "other.bytes";
    sample.unit = Unit::kBytes;
  }
  run.targets[1].acceleration = Acceleration::kTcg;
  EXPECT_EQ(verdict("other.bytes", 0, 1), Verdict::kLarger);  // not a speed
}

TEST(Compare, AnEmulatedVmsMemoryIsNotLargerThanAContainers) {
  StoredRun run = test::sample_run_all();
  derive(run);
  int held = 0;
  for (const Comparison& one : run.comparisons) {
    const bool apart = (find_target(run, one.a)->acceleration == Acceleration::kTcg) !=
                       (find_target(run, one.b)->acceleration == Acceleration::kTcg);
    if (one.scenario != "memory" || !apart || one.metric == "memory.guest_used") continue;
    EXPECT_EQ(one.verdict, Verdict::kNotComparable) << one.metric;
    EXPECT_EQ(one.why, "VM emulated (TCG): its translation buffers are part of its memory");
    ++held;
  }
  EXPECT_GE(held, 8);
}

/// A container and a VM whose plug is pulled, each in ten rounds.
StoredRun two_stops() {
  StoredRun run = two_targets(around(0.2, 10), around(0.4, 10), "startup.stop");
  for (Sample& sample : run.samples) sample.scenario = "startup";
  run.targets[1].traits.polite_stop = false;
  return run;
}

TEST(Compare, APulledPlugIsNotHeldAgainstAPoliteStop) {
  StoredRun run = two_stops();
  derive(run);
  EXPECT_EQ(run.summaries.size(), 2U);
  EXPECT_TRUE(run.comparisons.empty());
  const std::vector<Refusal> refused = refusals(run);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].why, "two kinds of stop: polite stop of a, plug pulled of b");
  run.targets[1].traits.polite_stop = true;
  derive(run);
  EXPECT_EQ(run.comparisons.size(), 1U);
  EXPECT_TRUE(refusals(run).empty());
}

TEST(Compare, AStopThatNeededThePlugAfterAllIsNoPoliteOne) {
  StoredRun run = two_stops();
  run.targets[1].traits.polite_stop = true;
  StoredRun late = run;
  late.conditions["startup.b.stop_mode"] = std::string("plug pulled after the grace");
  EXPECT_EQ(stop_mode(late, late.targets[1]), StopMode::kPulledAfterGrace);
  EXPECT_FALSE(compare(late, "startup", "startup.stop", late.targets[0], late.targets[1]));
  EXPECT_TRUE(compare_runs(run, run.targets[1], run, run.targets[1], "startup", "startup.stop"));
  EXPECT_FALSE(compare_runs(run, run.targets[1], late, late.targets[1], "startup", "startup.stop"));
}

TEST(Compare, NoRatioIsMadeUp) {
  StoredRun run = two_targets(around(1, 10), {});
  EXPECT_FALSE(compare(run, "s", "startup.ready", run.targets[0], run.targets[1]));
  run = two_targets(std::vector<double>(10, 0.0), around(1, 10));
  EXPECT_FALSE(compare(run, "s", "startup.ready", run.targets[0], run.targets[1]));
  std::vector<double> some_zero = around(1, 12);
  some_zero[0] = 0;
  run = two_targets(some_zero, around(2, 12, 0.01, 2));
  EXPECT_EQ(compared(run).verdict, Verdict::kInconclusive);
  EXPECT_FALSE(compared(run).ci95);
}

TEST(Compare, SwappingTheSidesTurnsTheAnswerRound) {
  const std::vector<double> a = around(1, 15, 0.05);
  const std::vector<double> b = around(1.4, 15, 0.05, 2);
  const Comparison there = compared(two_targets(a, b));
  const Comparison back = compared(two_targets(b, a));
  EXPECT_DOUBLE_EQ(there.ratio, 1 / back.ratio);
  EXPECT_DOUBLE_EQ(there.shift, -back.shift);
  EXPECT_EQ(there.verdict, Verdict::kSlower);
  EXPECT_EQ(back.verdict, Verdict::kFaster);
  EXPECT_NEAR(there.ci95->low * back.ci95->high, 1, 0.01);
}

// What the whole rule does to two identical targets under drift: 400 runs, each by the real path.
TEST(Compare, IdenticalTargetsAreAlmostNeverCalledDifferent) {
  test::Noise noise(42);
  int findings = 0;
  int excludes_one = 0;
  int equivalent = 0;
  for (int i = 0; i < 400; ++i) {
    std::vector<double> a(12), b(12);
    double drift = 0;
    for (std::size_t round = 0; round < a.size(); ++round) {
      drift += 0.04 * noise.normal();
      a[round] = std::exp(drift + 0.03 * noise.normal());
      b[round] = std::exp(drift + 0.03 * noise.normal());
    }
    const Comparison result = compared(two_targets(a, b));
    EXPECT_THAT(result.verdict,
                AnyOf(Verdict::kFaster, Verdict::kSlower, Verdict::kEquivalent, Verdict::kInconclusive));
    findings += result.verdict == Verdict::kFaster || result.verdict == Verdict::kSlower ? 1 : 0;
    equivalent += result.verdict == Verdict::kEquivalent ? 1 : 0;
    excludes_one += result.ci95->low > 1 || result.ci95->high < 1 ? 1 : 0;
  }
  RecordProperty("findings", findings);
  RecordProperty("excludes_one", excludes_one);
  RecordProperty("equivalent", equivalent);
  EXPECT_LE(findings, 12);      // 3 %
  EXPECT_LE(excludes_one, 28);  // 7 %: nominally 5
}

TEST(Compare, TheDetectableDifferenceIsDetected) {
  test::Noise noise(77);
  int found = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<double> a(20), b(20);
    for (double& value : a) value = std::exp(0.05 * noise.normal());
    for (double& value : b) value = std::exp(0.05 * noise.normal());
    const double detectable = *compared(two_targets(a, b)).detectable;
    for (double& value : b) value = (1 + detectable) * std::exp(0.05 * noise.normal());
    found += compared(two_targets(a, b)).verdict == Verdict::kSlower ? 1 : 0;
  }
  RecordProperty("found_of_200", found);
  EXPECT_GE(found, 140);  // about 84 % by its definition
}

TEST(Precision, IsTheWidestHalfInterval) {
  StoredRun run = two_targets(around(1, 30, 0.02), around(2, 30, 0.02, 2));
  const double width = *ratio_half_width(run, "s", "startup.ready");
  EXPECT_GT(width, 0.001);
  EXPECT_LT(width, 0.03);
  EXPECT_TRUE(precise_enough(run, "s", "startup.ready", width * 1.01));
  EXPECT_FALSE(precise_enough(run, "s", "startup.ready", width * 0.99));
  EXPECT_FALSE(ratio_half_width(run, "s", "unheard-of"));
}

TEST(Precision, HasNoOpinionBelowTenRoundsOrWithOneTarget) {
  EXPECT_FALSE(ratio_half_width(two_targets(around(1, 9), around(2, 9)), "s", "startup.ready"));
  EXPECT_TRUE(ratio_half_width(two_targets(around(1, 10), around(2, 10)), "s", "startup.ready"));
  EXPECT_FALSE(ratio_half_width(test::one_target_run(), "startup", "startup.ready"));
  EXPECT_FALSE(precise_enough(test::dead_target_run(), "startup", "startup.ready", 1));
}

TEST(EquivalenceTable, HasALineForEachVariableOfTheApps) {
  StoredRun run = test::mismatched_run();
  run.targets[0].env = {{"A", "hmac-sha256:00112233445566778899"}, {"B", "hmac-sha256:aa"}};
  run.targets[1].env = {{"A", "hmac-sha256:00112233445566778899"}};
  const auto rows = equivalence({&run.targets[0], &run.targets[1]});
  ASSERT_EQ(rows.size(), 10U);
  EXPECT_EQ(rows[8].name, "variable A");
  EXPECT_EQ(rows[8].values, (std::vector<std::string>{"001122334455", "001122334455"}));
  EXPECT_EQ(rows[8].sameness, Sameness::kSame);
  EXPECT_EQ(rows[9].values, (std::vector<std::string>{"aa", "not set"}));
  EXPECT_EQ(rows[9].sameness, Sameness::kByDesign) << "given to one of them: the question itself";
}

TEST(EquivalenceTable, SaysWhatIsTheSame) {
  const StoredRun run = test::mismatched_run();
  const auto rows = equivalence({&run.targets[0], &run.targets[1]});
  EXPECT_EQ(rows.size(), 8U);
  for (const EquivalenceRow& row : rows) {
    const Sameness expected = row.name == "python"   ? Sameness::kDifferent
                              : row.name == "kernel" ? Sameness::kByDesign
                                                     : Sameness::kSame;
    EXPECT_EQ(row.sameness, expected) << row.name;
  }
  const StoredRun unknown = test::unmarked_run();
  EXPECT_THAT(unverified(unknown.targets[0], unknown.targets[1]),
              AllOf(HasSubstr("app"), HasSubstr("kernel")));
  EXPECT_EQ(mismatch(unknown.targets[0], unknown.targets[1]), "");
}

}  // namespace
}  // namespace bench
