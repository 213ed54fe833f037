#include "drivers/libvirt/guest.h"

#include <gtest/gtest.h>
#include <libvirt/libvirt.h>

#include <memory>
#include <string>

#include "drivers/libvirt/connection.h"
#include "support/own_state.h"

namespace bench {
namespace {

/// A guest of libvirt's in-memory driver.
class LibvirtGuest : public OwnState {
 protected:
  void SetUp() override {
    OwnState::SetUp();
    DriverOptions options;
    options.connect = "test:///default";
    connection_ = LibvirtConnection::open(options);
    DomainSpec spec;
    spec.type = "test";
    spec.name = "bench-state-1";
    spec.memory_bytes = std::int64_t{64} << 20;
    VmImage image;
    image.kernel = "/proc/self/exe";  // any file that exists: it is never booted
    guest_ = std::make_unique<Guest>(connection_, spec, image, std::stop_token());
  }
  void TearDown() override {
    if (guest_) guest_->remove();
    guest_.reset();
    OwnState::TearDown();
  }

  /// What somebody else does to it.
  int from_outside(int (*action)(virDomainPtr)) const {
    const std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain(
        virDomainLookupByName(connection_->get(), "bench-state-1"), virDomainFree);
    return domain ? action(domain.get()) : -1;
  }

  std::shared_ptr<LibvirtConnection> connection_;
  std::unique_ptr<Guest> guest_;
};

TEST_F(LibvirtGuest, SaysWhatItsStateIs) {
  EXPECT_FALSE(guest_->state().running);
  EXPECT_EQ(guest_->state().detail, "not started");
  guest_->start({});
  EXPECT_TRUE(guest_->state().running);
  EXPECT_EQ(guest_->state().detail, "running");
}

// A guest is made paused, and resumed when its console is open.
TEST_F(LibvirtGuest, OneThatWaitsToBeResumedIsStartingAndNotDead) {
  guest_->start({});
  ASSERT_EQ(from_outside(virDomainSuspend), 0);
  EXPECT_TRUE(guest_->state().running);
  EXPECT_EQ(guest_->state().detail, "starting");
  ASSERT_EQ(from_outside(virDomainResume), 0);
  EXPECT_EQ(guest_->state().detail, "running");
}

TEST_F(LibvirtGuest, OneThatWasEndedIsDeadAndSaysHow) {
  guest_->start({});
  ASSERT_EQ(from_outside(virDomainDestroy), 0);
  const InstanceState state = guest_->state();
  EXPECT_FALSE(state.running);
  EXPECT_EQ(state.detail, "destroyed");
  EXPECT_FALSE(state.exit_code) << "a VM has none";
}

}  // namespace
}  // namespace bench
