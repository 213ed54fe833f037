#include <gtest/gtest.h>

#include <stop_token>
#include <thread>
#include <vector>

#include "bench/base/error.h"
#include "bench/measure/host/cost.h"
#include "bench/measure/host/memory_settle.h"

namespace bench {
namespace {

constexpr double kMebibyte = 1024.0 * 1024;

SettleRules quick() {
  SettleRules rules;
  rules.spacing = Seconds(0.01);
  rules.limit = Seconds(0.3);
  rules.load = 1;
  return rules;
}

/// Gives the values in turn, the last of them again and again.
class Readings {
 public:
  explicit Readings(std::vector<std::optional<double>> values) : values_(std::move(values)) {}
  std::optional<double> operator()() {
    const std::size_t index = std::min(next_++, values_.size() - 1);
    return values_[index];
  }

 private:
  std::vector<std::optional<double>> values_;
  std::size_t next_ = 0;
};

TEST(Settle, TwoReadingsThatAgreeAreEnough) {
  const Settling settling = settle(Readings({100 * kMebibyte, 100.9 * kMebibyte}), quick(), {});
  EXPECT_TRUE(settling.settled);
  EXPECT_EQ(settling.readings, 2);
  EXPECT_GE(settling.seconds.count(), 0.01);
}

TEST(Settle, WaitsWhileItGrows) {
  const Settling settling =
      settle(Readings({100 * kMebibyte, 120 * kMebibyte, 140 * kMebibyte, 141 * kMebibyte, 500 * kMebibyte}),
             quick(), {});
  EXPECT_TRUE(settling.settled);
  EXPECT_EQ(settling.readings, 4);
}

TEST(Settle, OfALittleAMebibyteIsTheLimit) {
  EXPECT_EQ(settle(Readings({10 * kMebibyte, 10.9 * kMebibyte, 50 * kMebibyte}), quick(), {}).readings, 2);
  EXPECT_GT(settle(Readings({10 * kMebibyte, 11.1 * kMebibyte, 11.2 * kMebibyte}), quick(), {}).readings, 2);
}

TEST(Settle, AnUnknownReadingAgreesWithNothing) {
  const Settling settling =
      settle(Readings({5 * kMebibyte, std::nullopt, 5 * kMebibyte, 5 * kMebibyte}), quick(), {});
  EXPECT_TRUE(settling.settled);
  EXPECT_EQ(settling.readings, 4);
  EXPECT_FALSE(settle(Readings({std::nullopt}), quick(), {}).settled);
}

TEST(Settle, WhatNeverSettlesEndsAndSaysSo) {
  double value = kMebibyte;
  const Settling settling = settle([&value] { return std::optional(value *= 2); }, quick(), {});
  EXPECT_FALSE(settling.settled);
  EXPECT_GT(settling.readings, 2);
}

TEST(Settle, CostlyReadingsMoveApart) {
  SettleRules rules = quick();
  rules.load = 0.05;
  rules.limit = Seconds(10);
  const auto costly = [] {
    const double end = thread_cpu_seconds() + 0.004;
    while (thread_cpu_seconds() < end) {
    }
    return std::optional(kMebibyte);
  };
  const Settling settling = settle(costly, rules, {});
  EXPECT_TRUE(settling.settled);
  EXPECT_LT(settling.load, 1.5 * rules.load) << "it waited until both readings were paid for";
  EXPECT_GE(settling.seconds.count(), 0.008 / rules.load * 0.9);
}

TEST(Settle, AnInterruptWakesIt) {
  std::stop_source stop;
  SettleRules rules = quick();
  rules.spacing = Seconds(60);
  rules.limit = Seconds(600);
  std::jthread interrupter([&stop] {
    std::this_thread::sleep_for(Seconds(0.03));
    stop.request_stop();
  });
  try {
    settle(Readings({kMebibyte}), rules, stop.get_token());
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
}

}  // namespace
}  // namespace bench
