#include "bench/core/process_role.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(ProcessRole, IsSaidInTheWordsOfItsDeclaration) {
  bench::Run run;
  EXPECT_EQ(role_words(run, role::kGuestRam), "guest RAM");
  EXPECT_EQ(role_words(run, "sentry"), "sentry") << "nobody declares it";
  run.targets.resize(2);
  run.targets[1].traits.roles = {{"sentry", "the kernel in user space"}};
  EXPECT_EQ(role_words(run, "sentry"), "the kernel in user space");
}

}  // namespace
}  // namespace bench
