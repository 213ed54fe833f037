#include "bench/stats/judge/marginal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "bench/core/first_metrics.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/compare.h"
#include "bench/stats/judge/derive.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::HasSubstr;

using StoredRun = bench::Run;

constexpr double kMiB = 1024.0 * 1024;

class Marginal : public ::testing::Test {
 protected:
  Marginal() {
    run_ = test::one_target_run();
    run_.samples.clear();
    run_.failures.clear();
    run_.targets.push_back(run_.targets[0]);
    run_.targets[0].name = "a";
    run_.targets[1].name = "b";
  }

  /// `passes` up and down to `most`; each instance takes `each`, and the host moves by `noise`.
  void curve(const std::string& target, double each, double noise, int most = 4, std::uint64_t seed = 3,
             int passes = 4) {
    test::Noise random(seed);
    for (int pass = 0; pass < passes; ++pass) {
      const auto point = [&](int n) {
        const double value = 8192 * kMiB - 300 * kMiB * pass - n * each + noise * random.normal();
        run_.samples.push_back(
            {"memory", target, metric::kAvailable, Unit::kBytes, value, pass, 0, false, {}, n});
      };
      for (int n = 0; n <= most; ++n) point(n);
      for (int n = most - 1; n >= 0; --n) point(n);
    }
  }

  [[nodiscard]] const Summary* summary(const std::string& target) const {
    for (const Summary& one : run_.summaries) {
      if (one.target == target && one.metric == metric::kOneMore) return &one;
    }
    return nullptr;
  }

  [[nodiscard]] const Comparison* comparison() const {
    for (const Comparison& one : run_.comparisons) {
      if (one.metric == metric::kOneMore) return &one;
    }
    return nullptr;
  }

  StoredRun run_;
};

TEST_F(Marginal, IsTheSlopeWithItsSignTurned) {
  curve("a", 40 * kMiB, kMiB);
  derive(run_);
  ASSERT_NE(summary("a"), nullptr);
  EXPECT_NEAR(summary("a")->median, 40 * kMiB, 2 * kMiB);
  EXPECT_EQ(summary("a")->unit, Unit::kBytes);
  EXPECT_EQ(summary("a")->n, 4) << "passes, not points";
  ASSERT_TRUE(summary("a")->ci95);
  EXPECT_LT(summary("a")->ci95->low, 40 * kMiB);
  EXPECT_GT(summary("a")->ci95->high, 40 * kMiB);
  EXPECT_LE(summary("a")->min, summary("a")->max);
  EXPECT_EQ(summary("b"), nullptr) << "no curve, no figure";
  EXPECT_EQ(comparison(), nullptr);
}

TEST_F(Marginal, TheCurveItselfIsNotPooled) {
  curve("a", 40 * kMiB, kMiB);
  derive(run_);
  EXPECT_TRUE(std::none_of(run_.summaries.begin(), run_.summaries.end(),
                           [](const Summary& one) { return one.metric == metric::kAvailable; }));
}

TEST_F(Marginal, FarApartIsLarger) {
  curve("a", 40 * kMiB, kMiB);
  curve("b", 300 * kMiB, kMiB, 3, 4);
  derive(run_);
  ASSERT_NE(comparison(), nullptr);
  EXPECT_EQ(comparison()->verdict, Verdict::kLarger);
  EXPECT_NEAR(comparison()->ratio, 7.5, 0.3);
  ASSERT_TRUE(comparison()->ci95);
  // The ends of both intervals: never narrower than either alone would make it.
  EXPECT_DOUBLE_EQ(comparison()->ci95->low, summary("b")->ci95->low / summary("a")->ci95->high);
  EXPECT_DOUBLE_EQ(comparison()->ci95->high, summary("b")->ci95->high / summary("a")->ci95->low);
  EXPECT_NEAR(comparison()->shift, 260 * kMiB, 4 * kMiB);
  EXPECT_EQ(comparison()->n, 4);
  EXPECT_THAT(comparison()->why, HasSubstr("conservative"));
  EXPECT_TRUE(comparison()->detectable);
}

TEST_F(Marginal, TheSameIsEquivalentOnACalmHostAndInconclusiveOnABusyOne) {
  curve("a", 40 * kMiB, 0.2 * kMiB);
  curve("b", 40 * kMiB, 0.2 * kMiB, 4, 4);
  derive(run_);
  ASSERT_NE(comparison(), nullptr);
  EXPECT_EQ(comparison()->verdict, Verdict::kEquivalent);
  run_.samples.clear();
  curve("a", 40 * kMiB, 12 * kMiB);
  curve("b", 40 * kMiB, 12 * kMiB, 4, 4);
  derive(run_);
  ASSERT_NE(comparison(), nullptr);
  EXPECT_EQ(comparison()->verdict, Verdict::kInconclusive);
}

TEST_F(Marginal, ASlopeThatCouldBeZeroHasNoRatio) {
  curve("a", 6 * kMiB, 30 * kMiB, 4, 5);
  curve("b", 300 * kMiB, kMiB, 3, 4);
  derive(run_);
  ASSERT_NE(summary("a"), nullptr);
  ASSERT_GT(summary("a")->median, 0);
  ASSERT_LT(summary("a")->ci95->low, 0);
  EXPECT_EQ(comparison(), nullptr);
  const std::vector<Refusal> refused = refusals(run_);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].metric, metric::kOneMore);
  EXPECT_THAT(refused[0].why, HasSubstr("the slope of a could be zero"));
}

TEST_F(Marginal, ANegativeSlopeHasNoRatio) {
  curve("a", 40 * kMiB, kMiB);
  curve("b", -4 * kMiB, kMiB, 3, 4);
  derive(run_);
  ASSERT_NE(summary("b"), nullptr);
  ASSERT_LT(summary("b")->median, 0);
  EXPECT_EQ(comparison(), nullptr);
  ASSERT_EQ(refusals(run_).size(), 1U);
  EXPECT_THAT(refusals(run_)[0].why, HasSubstr("the slope of b could be zero"));
}

TEST_F(Marginal, ASlopeOfOnePassHasNoIntervalAndNoRatio) {
  curve("a", 40 * kMiB, kMiB, 4, 3, 1);
  curve("b", 300 * kMiB, kMiB, 3, 4);
  derive(run_);
  ASSERT_NE(summary("a"), nullptr);
  EXPECT_EQ(summary("a")->n, 1);
  EXPECT_FALSE(summary("a")->ci95);
  EXPECT_FALSE(is_quotable(spec_of(run_, metric::kOneMore), summary("a")->ci95));
  EXPECT_EQ(comparison(), nullptr);
  ASSERT_EQ(refusals(run_).size(), 1U);
  EXPECT_THAT(refusals(run_)[0].why, HasSubstr("a was measured in one pass"));
}

TEST_F(Marginal, FewerThanFourPassesGiveAnIntervalAndNoVerdict) {
  curve("a", 40 * kMiB, 0.2 * kMiB, 4, 3, 3);
  curve("b", 300 * kMiB, 0.2 * kMiB, 3, 4);
  derive(run_);
  ASSERT_NE(comparison(), nullptr);
  EXPECT_EQ(comparison()->verdict, Verdict::kInconclusive);
  EXPECT_THAT(comparison()->why, HasSubstr("exploratory: 3 passes, a verdict needs 4"));
  EXPECT_TRUE(comparison()->ci95);
}

TEST_F(Marginal, TwoRunsAreComparedByTheSameRule) {
  curve("a", 40 * kMiB, 0.2 * kMiB);
  StoredRun other = run_;
  for (Sample& sample : other.samples) sample.value -= 20 * kMiB * *sample.at;
  const auto grown = compare_runs(run_, run_.targets[0], other, other.targets[0], "memory", metric::kOneMore);
  ASSERT_TRUE(grown);
  EXPECT_EQ(grown->verdict, Verdict::kLarger);
  EXPECT_NEAR(grown->ratio, 1.5, 0.02);
  std::erase_if(other.samples, [](const Sample& sample) { return sample.round > 0; });
  EXPECT_FALSE(compare_runs(run_, run_.targets[0], other, other.targets[0], "memory", metric::kOneMore));
}

TEST_F(Marginal, AFailedVisitIsCountedBesideIt) {
  curve("a", 40 * kMiB, kMiB);
  run_.failures.push_back({"memory", "a", 0, false, kAfterRounds, "died", {}});
  derive(run_);
  EXPECT_EQ(summary("a")->failures, 1);
}

}  // namespace
}  // namespace bench
