#include "bench/measure/stopwatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <thread>

#include "bench/stats/summary.h"
#include "support/fake_driver.h"

namespace bench {
namespace {

using test::FakeDriver;
using ::testing::HasSubstr;

class Stopwatch : public ::testing::Test {
 protected:
  Stopwatch() {
    target_.driver = &driver_;
    target_.images = std::make_shared<const ImageSet>();
    target_.info.name = "fake";
    target_.info.kind = Kind::kContainer;
    spec_.name = "bench-test";
    spec_.nonce = make_nonce();
    rules_.container_timeout = Seconds(10);
  }

  StartedInstance start() { return start_and_wait(target_, spec_, rules_, stop_.get_token()); }

  StartError failure() {
    try {
      start();
    } catch (const StartError& error) {
      return error;
    }
    throw std::runtime_error("the start did not fail");
  }

  FakeDriver driver_;
  Target target_;
  InstanceSpec spec_;
  StartRules rules_;
  std::stop_source stop_;
};

TEST_F(Stopwatch, MarksAreCumulativeAndInOrder) {
  driver_.behaviour.create_delay = Seconds(0.02);
  driver_.behaviour.start_delay = Seconds(0.03);
  driver_.behaviour.runtime_after = Seconds(0.05);
  driver_.behaviour.ready_after = Seconds(0.15);
  const StartedInstance started = start();
  const StartTimes& times = started.times;
  EXPECT_GE(times.create, 0.02);
  EXPECT_GE(times.launch, times.create + 0.03);
  ASSERT_TRUE(times.runtime && times.app);
  EXPECT_LE(*times.runtime, *times.app);
  EXPECT_LE(*times.app, times.ready);
  EXPECT_FALSE(times.firmware || times.kernel || times.init) << "a container has none of them";
  EXPECT_GT(times.resolution, 0);
}

/// Its console tells of a boot: the loader, the kernel, the init system.
class BootingDriver : public FakeDriver {
 public:
  static constexpr Seconds kStep{0.02};
  void console(const std::string& id, std::shared_ptr<ConsoleSink> sink) override {
    for (const char* line : {"[    0.000000] Linux version 6.1\n", "@bench userspace\n", "@bench init\n"}) {
      std::this_thread::sleep_for(kStep);
      sink->bytes(line);
    }
    FakeDriver::console(id, std::move(sink));
  }
};

TEST_F(Stopwatch, EachMarkOfABootIsAtItsOwnTime) {
  BootingDriver booting;
  booting.behaviour.runtime_after = BootingDriver::kStep;
  booting.behaviour.ready_after = 2 * BootingDriver::kStep;
  target_.driver = &booting;
  target_.info.kind = Kind::kVm;
  target_.info.traits = traits_of_old_run(Kind::kVm, Acceleration::kTcg, "full");
  const StartTimes times = start().times;
  ASSERT_TRUE(times.firmware && times.kernel && times.init && times.runtime && times.app);
  const double step = BootingDriver::kStep.count();
  EXPECT_GE(*times.kernel, *times.firmware + step);
  EXPECT_GE(*times.init, *times.kernel + step);
  EXPECT_GE(*times.runtime, *times.init + step / 2);
  EXPECT_GT(*times.app, *times.runtime);
  EXPECT_GE(times.ready, *times.app);
}

TEST_F(Stopwatch, AVmHasItsOwnTimeOut) {
  driver_.behaviour.never_answer = true;
  target_.info.kind = Kind::kVm;
  target_.info.traits = traits_of_old_run(Kind::kVm, Acceleration::kTcg, "direct");
  rules_.vm_timeout = Seconds(0.3);
  EXPECT_EQ(failure().failure().censored_at, 0.3);
}

/// An app that does not say when it listens: only asking tells.
class SilentDriver : public FakeDriver {
 public:
  void console(const std::string& id, std::shared_ptr<ConsoleSink>) override {
    FakeDriver::console(id, std::make_shared<ConsoleMarks>(false));
  }
};

TEST_F(Stopwatch, AVmIsAskedInItsOwnPeriod) {
  SilentDriver silent;
  silent.behaviour.ready_after = Seconds(0.2);
  target_.driver = &silent;
  target_.info.kind = Kind::kVm;
  target_.info.traits = traits_of_old_run(Kind::kVm, Acceleration::kTcg, "direct");
  rules_.vm_timeout = Seconds(20);
  rules_.vm_period = Seconds(0.02);
  rules_.container_period = Seconds(60);
  EXPECT_GE(start().times.ready, 0.2);
}

TEST_F(Stopwatch, ADelayInTheAppMovesReadyByThatMuch) {
  const auto ready_after = [this](double seconds) {
    driver_.behaviour.ready_after = Seconds(seconds);
    return start().times.ready;
  };
  std::vector<double> moved;
  for (int i = 0; i < 5; ++i) {
    const double quick = ready_after(0.01);
    moved.push_back(ready_after(0.51) - quick);
  }
  EXPECT_NEAR(median(moved), 0.5, 0.1) << "a busy host may spoil two of five";
}

TEST_F(Stopwatch, TheAppsOwnWordGivesAFineResolutionEvenWhenProbesAreRare) {
  rules_.container_period = Seconds(0.5);
  driver_.behaviour.ready_after = Seconds(0.2);
  std::vector<double> ready, resolution;
  for (int i = 0; i < 5; ++i) {
    const StartTimes times = start().times;
    ready.push_back(times.ready);
    resolution.push_back(times.resolution);
  }
  EXPECT_GT(median(ready), 0.19);
  EXPECT_LT(median(ready), 0.45) << "it must not wait for the next probe";
  EXPECT_LT(median(resolution), 0.1);
}

TEST_F(Stopwatch, AnInstanceThatDiesFailsAtOnceWithItsLastWords) {
  driver_.behaviour.die_after = Seconds(0.05);
  driver_.behaviour.ready_after = Seconds(60);
  const TimePoint began = Clock::now();
  const StartError error = failure();
  EXPECT_LT(Seconds(Clock::now() - began), Seconds(5)) << "not after the time-out";
  EXPECT_EQ(error.code(), ErrorCode::kInstanceDied);
  EXPECT_THAT(error.what(), HasSubstr("fake: the app gave up"));
  EXPECT_FALSE(error.failure().censored_at) << "a death is no time-out";
  EXPECT_EQ(error.failure().phase, "app");
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(Stopwatch, AFailureSaysHowVariablesAreGivenAndHidesTheirValues) {
  driver_.behaviour.die_after = Seconds(0.05);
  driver_.behaviour.ready_after = Seconds(60);
  spec_.env = {{"WORDS", "gave up"}};
  const StartError died = failure();
  EXPECT_THAT(died.what(), HasSubstr("fake: the app [WORDS]"));
  EXPECT_THAT(died.remedy(), HasSubstr("--env NAME=VALUE"));
  driver_.behaviour = {};
  driver_.behaviour.status = 500;
  rules_.container_timeout = Seconds(0.4);
  EXPECT_THAT(failure().remedy(), HasSubstr("--env NAME=VALUE"));
}

TEST_F(Stopwatch, ATimeOutIsCensoredAtItsLimit) {
  driver_.behaviour.never_answer = true;
  rules_.container_timeout = Seconds(0.4);
  const StartError error = failure();
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  ASSERT_TRUE(error.failure().censored_at);
  EXPECT_DOUBLE_EQ(*error.failure().censored_at, 0.4);
  EXPECT_EQ(error.failure().phase, "ready");
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(Stopwatch, AnAnswerThatIsNot200IsNotReady) {
  driver_.behaviour.status = 500;
  rules_.container_timeout = Seconds(0.4);
  EXPECT_THAT(failure().what(), HasSubstr("HTTP 500"));
}

TEST_F(Stopwatch, AnotherInstancesAnswerIsNotReady) {
  driver_.behaviour.wrong_nonce = true;
  rules_.container_timeout = Seconds(0.4);
  EXPECT_THAT(failure().what(), HasSubstr("nonce"));
}

TEST_F(Stopwatch, AVerbThatFailsNamesItsPhaseAndLeavesNothing) {
  driver_.behaviour.fail.emplace("start", Error(ErrorCode::kEngine, "no room", "make room"));
  const StartError error = failure();
  EXPECT_EQ(error.failure().phase, "launch");
  EXPECT_THAT(error.what(), HasSubstr("no room"));
  EXPECT_EQ(error.remedy(), "make room");
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(Stopwatch, AnInterruptEndsTheWaitAndRemovesTheInstance) {
  driver_.behaviour.ready_after = Seconds(60);
  std::jthread later([this] {
    std::this_thread::sleep_for(Seconds(0.1));
    stop_.request_stop();
  });
  const TimePoint began = Clock::now();
  try {
    start();
    FAIL() << "it became ready";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_LT(Seconds(Clock::now() - began), Seconds(3));
  EXPECT_EQ(driver_.alive(), 0);
}

TEST_F(Stopwatch, ARunningInstanceSaysWhatItIs) {
  const StartedInstance started = start();
  const About about = ask_about(started.endpoint, Seconds(5));
  EXPECT_EQ(about.equivalence.app_sha256, "fake-app");
}

TEST(Nonce, IsNeverTheSame) {
  EXPECT_NE(make_nonce(), make_nonce());
  EXPECT_EQ(make_nonce().size(), 16U);
}

}  // namespace
}  // namespace bench
