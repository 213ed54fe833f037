#include "bench/stats/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/stats/bootstrap.h"
#include "bench/stats/random.h"
#include "bench/stats/shift.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Values = std::vector<double>;

TEST(Summary, MedianOfOddEvenAndOne) {
  EXPECT_EQ(median(Values{3, 1, 2}), 2);
  EXPECT_EQ(median(Values{4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median(Values{7}), 7);
  EXPECT_EQ(median(Values{5, 5, 5, 1}), 5);
}

TEST(Summary, MeanAndStandardDeviation) {
  const Values values = {2, 4, 4, 4, 5, 5, 7, 9};
  EXPECT_DOUBLE_EQ(mean(values), 5);
  EXPECT_DOUBLE_EQ(*stddev(values), std::sqrt(32.0 / 7));
  EXPECT_EQ(stddev(Values{1}), std::nullopt);
  EXPECT_EQ(stddev(Values{3, 3, 3}), 0.0);
}

TEST(Summary, QuantileIsType7) {
  const Values values = {15, 20, 35, 40, 50};  // R: quantile(c(15,20,35,40,50), c(.05,.3,.4,.95))
  EXPECT_DOUBLE_EQ(quantile(values, 0.05), 16);
  EXPECT_DOUBLE_EQ(quantile(values, 0.30), 23);
  EXPECT_DOUBLE_EQ(quantile(values, 0.40), 29);
  EXPECT_DOUBLE_EQ(quantile(values, 0.95), 48);
  EXPECT_EQ(quantile(values, 0), 15);
  EXPECT_EQ(quantile(values, 1), 50);
  EXPECT_EQ(quantile(Values{8}, 0.95), 8);
}

TEST(Summary, OutliersAreFoundByTheModifiedZScore) {
  // Iglewicz and Hoaglin's rule by hand: median 10, MAD 0.5; 12.5 scores 3.37, 12.7 scores 3.64.
  EXPECT_THAT(outliers(Values{9.5, 9.5, 10, 10.5, 12.5}), IsEmpty());
  EXPECT_THAT(outliers(Values{9.5, 9.5, 10, 10.5, 12.7}), ElementsAre(4));
  EXPECT_THAT(outliers(Values{}), IsEmpty());
  EXPECT_THAT(outliers(Values{1}), IsEmpty());
  EXPECT_THAT(outliers(Values{4, 4, 4, 4}), IsEmpty());
}

TEST(Summary, OutliersAreFoundAmongEqualValues) {
  Values values(20, 4.0);
  values[7] = 5;  // MAD is 0
  EXPECT_THAT(outliers(values), ElementsAre(7));
}

TEST(Shift, EqualsTheMedianOfAllDifferences) {
  test::Noise noise(3);
  for (std::size_t n = 1; n <= 12; ++n) {
    for (std::size_t m = 1; m <= 12; m += 3) {
      Values a(n), b(m), differences;
      for (double& value : a) value = std::round(noise.normal() * 4) / 4;  // with ties and negatives
      for (double& value : b) value = noise.normal() + 1;
      for (const double x : a) {
        for (const double y : b) differences.push_back(y - x);
      }
      EXPECT_DOUBLE_EQ(hodges_lehmann_shift(a, b), median(differences));
    }
  }
}

TEST(Shift, MovesWithTheData) {
  const Values a = {1, 2, 3, 4, 100};
  Values b = a;
  EXPECT_EQ(hodges_lehmann_shift(a, b), 0);
  for (double& value : b) value += 2;
  EXPECT_EQ(hodges_lehmann_shift(a, b), 2);
  EXPECT_EQ(hodges_lehmann_shift(b, a), -2);
}

TEST(Shift, TakesThousandsOfValues) {
  test::Noise noise(5);
  Values a(5000), b(5000);
  for (double& value : a) value = 10 + noise.normal();
  for (double& value : b) value = 12 + noise.normal();
  EXPECT_NEAR(hodges_lehmann_shift(a, b), 2, 0.1);
}

TEST(IndexSource, IsFixedForEverAndUniform) {
  IndexSource source(1);
  std::vector<std::size_t> first;
  for (int i = 0; i < 6; ++i) first.push_back(source.below(100));
  // From the standard's mt19937_64 with seed 1: low half, then high half, of each draw, times 100 >> 32.
  EXPECT_THAT(first, ElementsAre(73, 13, 13, 13, 48, 45));
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts[source.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(MedianInterval, NeedsSixValues) {
  EXPECT_FALSE(median_interval(Values{1, 2, 3, 4, 5}));
  EXPECT_TRUE(median_interval(Values{1, 2, 3, 4, 5, 6}));
}

TEST(MedianInterval, HoldsTheMedianAndIsRepeatable) {
  test::Noise noise(11);
  for (std::size_t n = 6; n < 40; ++n) {
    Values values(n);
    for (double& value : values) value = std::exp(noise.normal());
    const Interval interval = *median_interval(values);
    EXPECT_LE(interval.low, median(values));
    EXPECT_GE(interval.high, median(values));
    EXPECT_GE(interval.low, *std::min_element(values.begin(), values.end()));
    EXPECT_LE(interval.high, *std::max_element(values.begin(), values.end()));
    EXPECT_EQ(median_interval(values), interval);
  }
  EXPECT_EQ(*median_interval(Values(10, 3.0)), (Interval{3, 3}));
}

/// How often the interval holds the truth, over seeded repetitions.
double median_coverage(std::size_t n, int repetitions) {
  test::Noise noise(n);
  int covered = 0;
  for (int i = 0; i < repetitions; ++i) {
    Values values(n);
    for (double& value : values) value = std::exp(0.2 * noise.normal());  // true median 1
    const Interval interval = *median_interval(values);
    covered += interval.low <= 1 && interval.high >= 1 ? 1 : 0;
  }
  return covered / static_cast<double>(repetitions);
}

// 1000 repetitions: the standard error of a coverage of 95 % is 0.7 %.
TEST(MedianInterval, CoversTheTruthAsOftenAsItSays) {
  for (const std::size_t n : {6, 10, 20}) {
    const double coverage = median_coverage(n, 1000);
    RecordProperty("coverage_" + std::to_string(n), std::to_string(coverage));
    EXPECT_GE(coverage, 0.925) << "n = " << n;
    EXPECT_LE(coverage, 0.985) << "n = " << n;
  }
}

/// Rounds that drift together, and a true ratio.
std::vector<Block> drifting_rounds(test::Noise& noise, std::size_t n, double ratio) {
  std::vector<Block> blocks(n);
  double drift = 0;
  for (Block& block : blocks) {
    drift += 0.03 * noise.normal();
    block.a = {std::exp(drift + 0.05 * noise.normal())};
    block.b = {ratio * std::exp(drift + 0.05 * noise.normal())};
  }
  return blocks;
}

TEST(RatioInterval, CoversTheTruthAsOftenAsItSays) {
  for (const std::size_t n : {6, 10, 20}) {
    test::Noise noise(100 + n);
    int covered = 0;
    int covered_90 = 0;
    for (int i = 0; i < 800; ++i) {
      const RatioIntervals found = *ratio_intervals(drifting_rounds(noise, n, 3));
      covered += found.ci95.low <= 3 && found.ci95.high >= 3 ? 1 : 0;
      covered_90 += found.ci90.low <= 3 && found.ci90.high >= 3 ? 1 : 0;
      EXPECT_LE(found.ci95.low, found.ci90.low);
      EXPECT_GE(found.ci95.high, found.ci90.high);
    }
    RecordProperty("coverage_" + std::to_string(n), std::to_string(covered / 800.0));
    EXPECT_GE(covered / 800.0, 0.92) << "n = " << n;
    EXPECT_GE(covered_90 / 800.0, 0.86) << "n = " << n;
  }
}

TEST(RatioInterval, ScalesWithTheData) {
  test::Noise noise(9);
  std::vector<Block> blocks = drifting_rounds(noise, 12, 2);
  const RatioIntervals before = *ratio_intervals(blocks);
  for (Block& block : blocks) block.b[0] *= 8;
  const RatioIntervals after = *ratio_intervals(blocks);
  EXPECT_DOUBLE_EQ(after.ci95.low, before.ci95.low * 8);
  EXPECT_DOUBLE_EQ(after.ci95.high, before.ci95.high * 8);
}

// Ten values say little of their neighbourhood: what they show of it is too low by Kendall's 1 / n.
TEST(RatioInterval, ValuesInAnyOrderAreTakenForNeighboursThatResembleEachOther) {
  const auto width = [](const Values& a) {
    const RatioIntervals found = *unpaired_ratio_intervals(a, Values(10, 1.0));
    return std::log(found.ci95.high / found.ci95.low);
  };
  const double there_and_back = width({10, 19, 11, 18, 12, 17, 13, 16, 14, 15});
  const double any_order = width({13, 17, 15, 11, 16, 19, 14, 10, 12, 18});  // ranks that do not correlate
  const double rising = width({10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
  EXPECT_NEAR(any_order / there_and_back, std::sqrt(1.1 / 0.9), 0.05);
  EXPECT_GT(rising / any_order, 2);
}

TEST(RatioInterval, CountsPairedRoundsOnly) {
  test::Noise noise(9);
  std::vector<Block> blocks = drifting_rounds(noise, 7, 2);
  blocks[0].a.clear();
  EXPECT_TRUE(ratio_intervals(blocks));
  blocks[1].b.clear();
  EXPECT_FALSE(ratio_intervals(blocks));
}

}  // namespace
}  // namespace bench
