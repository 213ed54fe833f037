#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/history/conditions.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Conditions, VariablesOfTheAppAreConditionsByTheirDigests) {
  bench::Run a = test::one_target_run();
  const std::string without = conditions_digest(a, a.targets[0]);
  a.targets[0].env = {{"MODE", "hmac-sha256:11"}};
  bench::Run b = a;
  EXPECT_THAT(differences(a, b, {{"docker", "docker"}}), IsEmpty());
  EXPECT_NE(conditions_digest(a, a.targets[0]), without);
  b.targets[0].env = {{"MODE", "hmac-sha256:22"}};
  EXPECT_NE(conditions_digest(a, a.targets[0]), conditions_digest(b, b.targets[0]));
  const auto rows = differences(a, b, {{"docker", "docker"}});
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_TRUE(rows[0].forbids);
  EXPECT_THAT(rows[0].in_words, HasSubstr("variable MODE differs"));
  // Of two targets that somebody holds against each other it is what is asked about.
  b.targets[0].name = "docker?env.MODE.22";
  const auto asked = differences(a, b, {{"docker", "docker?env.MODE.22"}});
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_FALSE(asked[0].forbids);
}

}  // namespace
}  // namespace bench
