#include "bench/measure/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace bench {
namespace {

TEST(RoundOrder, IsAPermutationThatDependsOnSeedAndRoundOnly) {
  for (int round = 0; round < 50; ++round) {
    auto order = round_order(7, round, false, 4);
    EXPECT_EQ(order, round_order(7, round, false, 4));
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3}));
  }
}

TEST(RoundOrder, IsTheSameOnEveryPlatform) {
  // Written down once; another standard library has to give the same.
  std::vector<std::vector<std::size_t>> orders;
  for (int round = 0; round < 4; ++round) orders.push_back(round_order(42, round, false, 3));
  const std::vector<std::vector<std::size_t>> known = {{2, 0, 1}, {0, 2, 1}, {0, 2, 1}, {1, 0, 2}};
  EXPECT_EQ(orders, known);
}

TEST(RoundOrder, GivesEveryOrderAboutEquallyOften) {
  std::map<std::vector<std::size_t>, int> counts;
  constexpr int kRounds = 6000;
  for (int round = 0; round < kRounds; ++round) ++counts[round_order(1, round, false, 3)];
  ASSERT_EQ(counts.size(), 6U);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, kRounds / 6, 150);  // five standard deviations
}

TEST(RoundOrder, WarmUpRoundsAreShuffledApart) {
  int same = 0;
  for (int round = 0; round < 60; ++round)
    same += round_order(3, round, true, 4) == round_order(3, round, false, 4);
  EXPECT_LT(same, 15);
}

}  // namespace
}  // namespace bench
