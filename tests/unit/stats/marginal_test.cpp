#include "bench/stats/marginal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "bench/core/first_metrics.h"
#include "bench/stats/derive.h"
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

  /// Two passes up and down to `most`; each instance takes `each`, and the host moves by `noise`.
  void curve(const std::string& target, double each, double noise, int most = 4, std::uint64_t seed = 3) {
    test::Noise random(seed);
    for (int pass = 0; pass < 2; ++pass) {
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
  EXPECT_EQ(summary("a")->n, 18);
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
  EXPECT_EQ(comparison()->n, 14);
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
  curve("a", 8 * kMiB, 30 * kMiB, 4, 5);
  curve("b", 300 * kMiB, kMiB, 3, 4);
  derive(run_);
  ASSERT_NE(summary("a"), nullptr);
  ASSERT_GT(summary("a")->median, 0);
  ASSERT_LT(summary("a")->ci95->low, 0);
  ASSERT_NE(comparison(), nullptr);
  EXPECT_EQ(comparison()->verdict, Verdict::kInconclusive);
  EXPECT_FALSE(comparison()->ci95);
}

TEST_F(Marginal, ASlopeBelowZeroIsComparedWithNothing) {
  curve("a", -5 * kMiB, kMiB, 4, 5);
  curve("b", 300 * kMiB, kMiB, 3, 4);
  derive(run_);
  ASSERT_NE(summary("a"), nullptr);
  ASSERT_LT(summary("a")->median, 0);
  EXPECT_EQ(comparison(), nullptr);
}

TEST_F(Marginal, AFailedVisitIsCountedBesideIt) {
  curve("a", 40 * kMiB, kMiB);
  run_.failures.push_back({"memory", "a", 0, false, kAfterRounds, "died", {}});
  derive(run_);
  EXPECT_EQ(summary("a")->failures, 1);
}

}  // namespace
}  // namespace bench
