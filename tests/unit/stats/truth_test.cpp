#include "bench/stats/judge/truth.h"

#include <gtest/gtest.h>

#include "bench/stats/bootstrap.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using Values = std::vector<double>;

const TruthRule kTwoSeconds{.expected = 2.0};

TruthVerdict verdict_on(const Values& differences, const TruthRule& rule = kTwoSeconds) {
  return judge_truth(differences, rule).verdict;
}

TEST(Truth, HoldsWhereTheIntervalIsNarrowAndThere) {
  const TruthFinding finding = judge_truth(Values{2.01, 1.99, 2.02, 2.00, 1.98, 2.01}, kTwoSeconds);
  EXPECT_EQ(finding.verdict, TruthVerdict::kHolds);
  EXPECT_EQ(finding.n, 6);
  EXPECT_DOUBLE_EQ(*finding.measured, 2.005);
  EXPECT_EQ(finding.range, median_interval(Values{2.01, 1.99, 2.02, 2.00, 1.98, 2.01}));
  EXPECT_EQ(verdict_on({2.11, 2.09, 2.12, 2.10, 2.08, 2.11}), TruthVerdict::kHolds)
      << "it reaches into 2 s ± 5 %";
}

TEST(Truth, DoesNotHoldWhereTheIntervalIsElsewhere) {
  EXPECT_EQ(verdict_on({2.31, 2.29, 2.32, 2.30, 2.28, 2.31}), TruthVerdict::kDoesNotHold);
  EXPECT_EQ(verdict_on({1.61, 1.59, 1.62, 1.60, 1.58, 1.61}), TruthVerdict::kDoesNotHold);
  EXPECT_EQ(verdict_on({0, 0, 0, 0, 0, 0}), TruthVerdict::kDoesNotHold)
      << "a truth that the measuring does not see";
  EXPECT_EQ(verdict_on({2.6, 3.1, 3.9, 2.7, 3.3, 3.6}), TruthVerdict::kDoesNotHold)
      << "wide, and beyond all the same";
}

TEST(Truth, IsInconclusiveWhereTheIntervalIsTooWide) {
  EXPECT_EQ(verdict_on({1.2, 2.8, 1.5, 2.5, 1.9, 2.1}), TruthVerdict::kInconclusive);
  EXPECT_EQ(verdict_on({1.2, 1.95, 1.3, 1.4, 1.5, 1.92}), TruthVerdict::kInconclusive)
      << "touches 1.9 s, far too wide";
}

TEST(Truth, HalfOfTheIntervalMayBeATenthOfTheTruth) {
  EXPECT_EQ(verdict_on({1.9, 2.0, 2.29}), TruthVerdict::kHolds);
  EXPECT_EQ(verdict_on({1.9, 2.0, 2.31}), TruthVerdict::kInconclusive);
}

TEST(Truth, BelowSixRoundsTheRangeDecides) {
  const TruthFinding finding = judge_truth(Values{2.02, 1.97, 2.01}, kTwoSeconds);
  EXPECT_EQ(finding.verdict, TruthVerdict::kHolds);
  EXPECT_EQ(finding.range, (Interval{1.97, 2.02}));
  EXPECT_EQ(verdict_on({1.5, 2.5, 2.0}), TruthVerdict::kInconclusive);
  EXPECT_EQ(verdict_on({2.2, 2.6, 3.0}), TruthVerdict::kInconclusive)
      << "three values are easily on one side";
  EXPECT_EQ(verdict_on({2.5, 2.51, 2.52}), TruthVerdict::kDoesNotHold) << "beyond by far more than its width";
  EXPECT_EQ(verdict_on({2.0, 2.0}), TruthVerdict::kInconclusive) << "two rounds show nothing";
  EXPECT_EQ(verdict_on({3.0}), TruthVerdict::kInconclusive);
}

TEST(Truth, NothingMeasuredIsInconclusiveAndNotZero) {
  const TruthFinding finding = judge_truth(Values{}, kTwoSeconds);
  EXPECT_EQ(finding.verdict, TruthVerdict::kInconclusive);
  EXPECT_FALSE(finding.measured.has_value());
  EXPECT_FALSE(finding.range.has_value());
}

TEST(Truth, AnExactFigureNeedsOneRound) {
  const TruthRule bytes{.expected = 50, .tolerance = 0.02, .exact = true};
  EXPECT_EQ(verdict_on({50.9}, bytes), TruthVerdict::kHolds);
  EXPECT_EQ(verdict_on({51.1}, bytes), TruthVerdict::kDoesNotHold);
  EXPECT_EQ(verdict_on({48.9}, bytes), TruthVerdict::kDoesNotHold);
  EXPECT_FALSE(judge_truth(Values{50}, bytes).range.has_value());
}

TEST(Truth, DifferencesAreOfOneRoundAndWithoutWarmUp) {
  bench::Run run;
  const auto add = [&](const char* target, const char* metric, double value, int round, bool warmup = false) {
    Sample sample{"startup", target, metric, Unit::kSeconds, value, round};
    sample.warmup = warmup;
    run.samples.push_back(sample);
  };
  add("a", "startup.ready", 9, 0, true);
  add("b", "startup.ready", 99, 0, true);
  add("b", "startup.ready", 13, 1);  // in whatever order they come
  add("a", "startup.ready", 1, 0);
  add("b", "startup.ready", 4, 0);
  add("a", "startup.ready", 2, 1);
  add("a", "startup.ready", 5, 2);  // b failed in this round
  EXPECT_EQ(paired_differences(run, "startup", "startup.ready", "a", "b"), (Values{3, 11}));
  EXPECT_TRUE(paired_differences(run, "memory", "startup.ready", "a", "b").empty());

  add("a", "startup.runtime", 0.5, 0);
  add("b", "startup.runtime", 1.5, 0);
  add("b", "startup.runtime", 2, 1);  // a's mark did not arrive
  EXPECT_EQ(paired_differences(run, "startup", "startup.ready", "a", "b", "startup.runtime"), (Values{2}));
}

}  // namespace
}  // namespace bench
