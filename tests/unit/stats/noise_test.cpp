#include "bench/stats/noise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/sample_run.h"

namespace bench {
namespace {

std::vector<double> noisy(std::size_t n, std::uint64_t seed) {
  test::Noise noise(seed);
  std::vector<double> values(n);
  for (double& value : values) value = 2 * std::exp(0.02 * noise.normal());
  return values;
}

TEST(Noise, TheUsualDifferenceIsThatOf95PairsInAHundred) {
  const std::vector<double> values = noisy(4000, 7);
  const double usual = usual_difference(values)->share;
  EXPECT_NEAR(usual, 1.96 * std::sqrt(2) * 0.02, 0.002);
  int within = 0;
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    within += half_width({std::min(values[i], values[i + 1]), std::max(values[i], values[i + 1])}) <
                      std::sqrt(1 + usual) - 1
                  ? 1
                  : 0;
  }
  EXPECT_NEAR(within / 2000.0, 0.95, 0.02);
  EXPECT_EQ(usual_difference(std::vector<double>{3.0, 3.0})->share, 0.0);
}

TEST(Noise, MoreMeasuringMakesItSurerAndNotLarger) {
  double few = 0, many = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    few += usual_difference(noisy(6, seed))->share / 50;
    many += usual_difference(noisy(60, seed + 100))->share / 50;
  }
  EXPECT_NEAR(many / few, 1, 0.15);
  EXPECT_FALSE(usual_difference(noisy(3, 1))->range.has_value());
  const UsualDifference six = *usual_difference(noisy(6, 1)), sixty = *usual_difference(noisy(60, 1));
  EXPECT_LT(six.range->low, six.share);
  EXPECT_GT(six.range->high, six.share);
  EXPECT_LT(sixty.range->high / sixty.range->low, six.range->high / six.range->low);
  // On the scale of logarithms it lies by the same factor below and above: e^(1.96 / √(2 · 5)) for six.
  EXPECT_NEAR(std::log1p(six.range->high) / std::log1p(six.share), 1.8585, 0.001);
  EXPECT_NEAR(std::log1p(six.share) / std::log1p(six.range->low), 1.8585, 0.001);
}

TEST(Noise, WhereThereIsNoShareThereIsNone) {
  EXPECT_FALSE(usual_difference(std::vector<double>{}).has_value());
  EXPECT_FALSE(usual_difference(std::vector<double>{2.0}).has_value());
  EXPECT_FALSE(usual_difference(std::vector<double>{0.0, 2.0}).has_value());
  EXPECT_FALSE(usual_difference(std::vector<double>{-1.0, 2.0}).has_value());
}

TEST(Noise, AHalfWidthIsOnTheScaleOfFactors) {
  EXPECT_NEAR(half_width({1 / 1.05, 1.05}), 0.05, 1e-12);
  EXPECT_NEAR(half_width({2 / 1.05, 2 * 1.05}), 0.05, 1e-12) << "wherever its middle is";
  EXPECT_EQ(half_width({1, 1}), 0.0);
}

}  // namespace
}  // namespace bench
