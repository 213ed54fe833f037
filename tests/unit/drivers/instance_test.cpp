#include "drivers/instance.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/fake_driver.h"

namespace bench::test {

namespace {

Instance make(FakeDriver& driver, const std::string& name) {
  InstanceSpec spec;
  spec.name = name;
  return Instance::create(driver, {}, spec, {});
}

}  // namespace

TEST(InstanceHandle, RemovesWhatItOwns) {
  FakeDriver driver;
  {
    const Instance instance = make(driver, "bench-a");
    EXPECT_EQ(driver.alive(), 1);
  }
  EXPECT_EQ(driver.alive(), 0);
}

TEST(InstanceHandle, RemovesWhileUnwindingInReverseOrder) {
  FakeDriver driver;
  try {
    Instance first = make(driver, "bench-a");
    Instance second = make(driver, "bench-b");
    second.start({});
    throw std::runtime_error("a trial fails");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(driver.alive(), 0);
  const auto calls = driver.calls();
  ASSERT_GE(calls.size(), 2U);
  EXPECT_EQ(calls[calls.size() - 2], "remove fake-2");
  EXPECT_EQ(calls.back(), "remove fake-1");
}

TEST(InstanceHandle, MovesItsDuty) {
  FakeDriver driver;
  Instance instance = make(driver, "bench-a");
  Instance other = std::move(instance);
  EXPECT_TRUE(other.owns());
  EXPECT_FALSE(instance.owns());  // NOLINT(bugprone-use-after-move): that is what is tested
  Instance third = make(driver, "bench-b");
  third = std::move(other);
  EXPECT_EQ(driver.alive(), 1) << "what was assigned to has removed its own";
  EXPECT_EQ(third.id(), "fake-1");
}

TEST(InstanceHandle, RemovesOnceOnly) {
  FakeDriver driver;
  {
    Instance instance = make(driver, "bench-a");
    instance.remove();
    EXPECT_FALSE(instance.owns());
    instance.remove();
  }
  int removals = 0;
  for (const auto& call : driver.calls()) removals += call == "remove fake-1" ? 1 : 0;
  EXPECT_EQ(removals, 1);
}

TEST(InstanceHandle, AFailedRemovalIsSeenAndTriedAgain) {
  FakeDriver driver;
  {
    Instance instance = make(driver, "bench-a");
    driver.behaviour.fail.emplace("remove", Error(ErrorCode::kEngine, "busy"));
    EXPECT_THROW(instance.remove(), Error);
    EXPECT_TRUE(instance.owns());
    driver.behaviour.fail.clear();
  }
  EXPECT_EQ(driver.alive(), 0);
}

TEST(InstanceHandle, TheDestructorNeverThrows) {
  FakeDriver driver;
  {
    const Instance instance = make(driver, "bench-a");
    driver.behaviour.fail.emplace("remove", Error(ErrorCode::kEngine, "the daemon went away"));
    testing::internal::CaptureStderr();
  }
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("could not remove fake-1: the daemon went away"), std::string::npos) << told;
}

TEST(InstanceHandle, AFailedCreateOwnsNothing) {
  FakeDriver driver;
  driver.behaviour.fail.emplace("create", Error(ErrorCode::kEngine, "no"));
  EXPECT_THROW(make(driver, "bench-a"), Error);
  EXPECT_EQ(driver.alive(), 0);
}

}  // namespace bench::test
