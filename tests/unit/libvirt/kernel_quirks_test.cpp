#include "drivers/libvirt/domain/kernel_quirks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bench::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(KernelQuirks, OldTcgRunsNewKernelsWithoutCx16) {
  constexpr unsigned long kQemu7 = 7002022, kQemu8 = 8000000;
  for (const char* release : {"6.12.95+deb12-cloud-amd64", "6.12", "6.18.5", "7.0.1", "unheard of"}) {
    EXPECT_THAT(features_that_break(release, kQemu7, Acceleration::kTcg), ElementsAre("cx16")) << release;
    EXPECT_THAT(features_that_break(release, kQemu8, Acceleration::kTcg), IsEmpty()) << release;
    EXPECT_THAT(features_that_break(release, kQemu7, Acceleration::kKvm), IsEmpty()) << release;
    EXPECT_THAT(features_that_break(release, kQemu7, Acceleration::kNestedKvm), IsEmpty()) << release;
  }
  for (const char* release : {"6.1.0-56-cloud-amd64", "6.11.9", "5.15.0-100-generic", "4.19"}) {
    EXPECT_THAT(features_that_break(release, kQemu7, Acceleration::kTcg), IsEmpty()) << release;
  }
}

}  // namespace
}  // namespace bench::test
