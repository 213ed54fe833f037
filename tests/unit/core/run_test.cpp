#include "bench/core/run.h"

#include <gtest/gtest.h>

#include "support/sample_run.h"

namespace bench {
namespace {

TEST(FindTarget, IsTheOneOfThatNameOrNone) {
  const bench::Run run = test::sample_run();
  ASSERT_GE(run.targets.size(), 2U);
  EXPECT_EQ(find_target(run, run.targets[1].name), &run.targets[1]);
  EXPECT_EQ(find_target(run, "libvirt"), nullptr);
  EXPECT_EQ(find_target(run, ""), nullptr);
}

}  // namespace
}  // namespace bench
