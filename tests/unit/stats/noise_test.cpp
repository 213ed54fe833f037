#include "bench/stats/noise.h"

#include <gtest/gtest.h>

#include <vector>

namespace bench {
namespace {

TEST(Noise, TheLargestDifferenceIsThatOfTheExtremes) {
  EXPECT_NEAR(*largest_difference(std::vector<double>{2.0, 2.2, 2.1}), 0.10, 1e-12);
  EXPECT_NEAR(*largest_difference(std::vector<double>{2.2, 2.0}), 0.10, 1e-12) << "in whatever order";
  EXPECT_EQ(largest_difference(std::vector<double>{3.0, 3.0}), 0.0);
}

TEST(Noise, WhereThereIsNoShareThereIsNone) {
  EXPECT_FALSE(largest_difference(std::vector<double>{}).has_value());
  EXPECT_FALSE(largest_difference(std::vector<double>{2.0}).has_value());
  EXPECT_FALSE(largest_difference(std::vector<double>{0.0, 2.0}).has_value());
  EXPECT_FALSE(largest_difference(std::vector<double>{-1.0, 2.0}).has_value());
}

TEST(Noise, AHalfWidthIsOnTheScaleOfFactors) {
  EXPECT_NEAR(half_width({1 / 1.05, 1.05}), 0.05, 1e-12);
  EXPECT_NEAR(half_width({2 / 1.05, 2 * 1.05}), 0.05, 1e-12) << "wherever its middle is";
  EXPECT_EQ(half_width({1, 1}), 0.0);
}

}  // namespace
}  // namespace bench
