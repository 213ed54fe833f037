#include "bench/stats/judge/equivalence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// testing::Test has a member named Run.
using StoredRun = bench::Run;

/// Two targets that start an image's program alike.
StoredRun of_an_image() {
  StoredRun run = test::mismatched_run();
  for (TargetInfo& target : run.targets) {
    target.source.kind = SourceKind::kImage;
    target.source.instrumentation = Instrumentation::kNone;
    target.equivalence = {};
    target.equivalence.rootfs_sha256 = std::string(64, 'a');
    target.equivalence.command = "00000000000000aa";
    target.equivalence.environment = "0123456789abcdef";
    target.equivalence.user = "1000:1000";
    target.equivalence.workdir = "/";
    target.equivalence.limits = "nofile:1024:524288,nproc:-1:-1";
  }
  return run;
}

EquivalenceRow row(const StoredRun& run, const std::string& name) {
  for (const EquivalenceRow& one : equivalence({&run.targets[0], &run.targets[1]})) {
    if (one.name == name) return one;
  }
  ADD_FAILURE() << "no row " << name;
  return {};
}

TEST(StartedAlike, IsShownAndNoWarning) {
  const StoredRun run = of_an_image();
  for (const char* name :
       {"command", "environment", "user", "working directory", "limit of open files", "limit of processes"}) {
    EXPECT_EQ(row(run, name).sameness, Sameness::kSame) << name;
  }
  EXPECT_EQ(row(run, "limit of open files").values[0], "1024 (at most 524288)");
  EXPECT_EQ(row(run, "limit of processes").values[0], "unlimited");
  EXPECT_FALSE(started_differently(run.targets));
}

TEST(StartedAlike, ADifferenceIsAWarningThatForbidsNoComparison) {
  StoredRun run = of_an_image();
  run.targets[1].equivalence.limits = "nofile:1024:4096,nproc:-1:-1";
  run.targets[1].equivalence.workdir = "/srv";
  EXPECT_EQ(row(run, "limit of open files").sameness, Sameness::kWarned);
  EXPECT_EQ(row(run, "limit of processes").sameness, Sameness::kSame);
  const auto warning = started_differently(run.targets);
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text,
              AllOf(HasSubstr("limit of open files ("), HasSubstr("at most 4096"),
                    HasSubstr("at most 524288"), HasSubstr("working directory ("), Not(HasSubstr("user"))));
  EXPECT_EQ(mismatch(run.targets[0], run.targets[1]), "");
}

TEST(StartedAlike, WhatOneSideDoesNotSayIsNotVerified) {
  StoredRun run = of_an_image();
  run.targets[1].equivalence.user.reset();
  EXPECT_EQ(row(run, "user").sameness, Sameness::kUnknown);
  EXPECT_FALSE(started_differently(run.targets));
  for (TargetInfo& target : run.targets) target.equivalence.user.reset();
  for (const EquivalenceRow& one : equivalence({&run.targets[0], &run.targets[1]}))
    EXPECT_NE(one.name, "user");
}

}  // namespace
}  // namespace bench
