#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>
#include <vector>

#include "bench/images/any/start_probe.h"
#include "unit/boot/init_parts.h"

namespace bench::test {
namespace {

using testing::HasSubstr;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

std::uint64_t command(std::vector<std::string> words) {
  return digest_of_command(pointers(words).data());
}

std::uint64_t environment(std::vector<std::string> pairs) {
  return digest_of_environment(pointers(pairs).data());
}

TEST(StartReport, ACommandIsItsWordsInTheirOrder) {
  EXPECT_EQ(command({"nginx", "-g"}), command({"nginx", "-g"}));
  EXPECT_NE(command({"nginx", "-g"}), command({"-g", "nginx"}));
  EXPECT_NE(command({"a b"}), command({"a", "b"}));
  EXPECT_NE(command({"a", ""}), command({"a"}));
}

TEST(StartReport, AnEnvironmentIsItsVariablesInAnyOrderWithoutTheInstancesName) {
  EXPECT_EQ(environment({"A=1", "B=2", "HOSTNAME=x"}), environment({"HOSTNAME=other", "B=2", "A=1"}));
  EXPECT_NE(environment({"A=1"}), environment({"A=2"}));
  EXPECT_NE(environment({"A=1"}), environment({"A=1", "B="}));
}

class StartLimits : public testing::Test {
 protected:
  StartLimits() { getrlimit(RLIMIT_CORE, &before); }
  ~StartLimits() override { setrlimit(RLIMIT_CORE, &before); }
  static rlim_t soft_core() {
    rlimit now{};
    getrlimit(RLIMIT_CORE, &now);
    return now.rlim_cur;
  }
  rlimit before{};
};

TEST_F(StartLimits, AreTakenFromTheKernelsCommandLine) {
  const std::string hard = before.rlim_max == RLIM_INFINITY ? "-1" : std::to_string(before.rlim_max);
  const std::string line = "console=ttyS0 bench.limits=core:0:" + hard + " quiet\n";
  ASSERT_EQ(apply_limit(("core:" + hard + ":" + hard).c_str()), 0);
  apply_limits_of(line.c_str());
  EXPECT_EQ(soft_core(), 0U);
  apply_limits_of("console=ttyS0");
  EXPECT_EQ(soft_core(), 0U);
}

TEST_F(StartLimits, WhatIsNoneIsRefused) {
  EXPECT_EQ(apply_limit("core:1"), EINVAL);
  EXPECT_EQ(apply_limit("sleep:1:1"), EINVAL);
}

TEST(StartProbe, IsATarWithTheProgramAtTheTop) {
  const std::string tar = start_probe_archive();
  if (tar.empty()) GTEST_SKIP() << "this build has no static C compiler";
  EXPECT_EQ(tar.substr(0, 13), std::string(".bench-start") + '\0');
  EXPECT_EQ(tar.size() % 512, 0U);
  EXPECT_THAT(tar, HasSubstr("\x7f"
                             "ELF"));
  EXPECT_EQ(start_probe_command().front(), "/.bench-start");
}

}  // namespace
}  // namespace bench::test
