#include "drivers/libvirt/targets.h"

#include <gtest/gtest.h>

#include "bench/base/error.h"

namespace bench {
namespace {

// The numbers are written out: one that is too small makes the gate see changes that nobody can see, one that
// is too large hides those that everybody can. docs/decisions/a-pulled-plug-is-as-fine-as-libvirt.md
TEST(LibvirtTraits, APulledPlugIsSeenAsFinelyAsLibvirtLooks) {
  for (const Acceleration acceleration : {Acceleration::kKvm, Acceleration::kTcg}) {
    const Traits traits = libvirt_traits(acceleration, false);
    EXPECT_FALSE(traits.polite_stop);
    ASSERT_TRUE(traits.stop_resolution);
    EXPECT_DOUBLE_EQ(*traits.stop_resolution, 0.2);
  }
}

TEST(LibvirtTraits, APowerButtonIsSeenAsFinelyAsWeLook) {
  for (const Acceleration acceleration : {Acceleration::kKvm, Acceleration::kTcg}) {
    const Traits traits = libvirt_traits(acceleration, true);
    EXPECT_TRUE(traits.polite_stop);
    ASSERT_TRUE(traits.stop_resolution);
    EXPECT_DOUBLE_EQ(*traits.stop_resolution, 0.002);
  }
}

TEST(LibvirtTargets, AProfileThatThereIsNotIsRefused) {
  EXPECT_THROW(libvirt_artefact("fll"), Error);
}

}  // namespace
}  // namespace bench
