#include "bench/config.h"

#if BENCH_HAVE_LIBVIRT

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "drivers/libvirt/daemon/reaper.h"
#include "drivers/libvirt/network.h"
#include "tests/support/directory.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr unsigned long kLibvirt11 = 11'003'000;

TEST(LibvirtNetwork, SlirpWhereQemuHasItAndPasstWhereNot) {
  EXPECT_EQ(choose_network("", {"", true, kLibvirt11}).network, GuestNetwork::kSlirp);
  EXPECT_EQ(choose_network("auto", {"", false, 0}).network, GuestNetwork::kSlirp);
  const NetworkChoice without = choose_network("", {"qemu-kvm", true, kLibvirt11});
  EXPECT_EQ(without.network, GuestNetwork::kPasst);
  EXPECT_FALSE(without.obstacle);
}

TEST(LibvirtNetwork, WithoutBothTheReasonAndTheWayOutAreNamed) {
  const NetworkChoice none = choose_network("", {"qemu-kvm", false, kLibvirt11});
  ASSERT_TRUE(none.obstacle);
  EXPECT_THAT(none.obstacle->text, HasSubstr("qemu-kvm"));
  EXPECT_THAT(none.obstacle->text, HasSubstr("passt is not installed"));
  EXPECT_THAT(none.obstacle->remedy, HasSubstr("--targets docker"));
  const NetworkChoice old = choose_network("", {"qemu-kvm", true, 9'000'000});
  ASSERT_TRUE(old.obstacle);
  EXPECT_THAT(old.obstacle->text, HasSubstr("libvirt 9.2 or newer, and this is 9.0"));
}

TEST(LibvirtNetwork, TheSettingDecides) {
  EXPECT_EQ(choose_network("passt", {"", true, kLibvirt11}).network, GuestNetwork::kPasst);
  EXPECT_FALSE(choose_network("passt", {"", true, kLibvirt11}).obstacle);
  ASSERT_TRUE(choose_network("passt", {"", false, kLibvirt11}).obstacle);
  EXPECT_THAT(choose_network("passt", {"", false, kLibvirt11}).obstacle->text, HasSubstr("BENCH_VM_NETWORK"));
  EXPECT_TRUE(choose_network("slirp", {"qemu-kvm", true, kLibvirt11}).obstacle);
  EXPECT_FALSE(choose_network("slirp", {"", true, kLibvirt11}).obstacle);
  try {
    choose_network("bridge", {});
    FAIL() << "an unknown word is refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("bridge"));
    EXPECT_THAT(error.remedy(), HasSubstr("slirp, passt or auto"));
  }
}

TEST(LibvirtNetwork, ALibvirtBuiltWithoutPasstSaysSo) {
  const auto told = [](const std::string& values) {
    return "<domainCapabilities><devices><interface supported='yes'><enum name='backendType'>" + values +
           "</enum></interface></devices></domainCapabilities>";
  };
  const std::string without = told("<value>default</value>");
  EXPECT_THROW(require_offered(GuestNetwork::kPasst, without), Error);
  EXPECT_NO_THROW(require_offered(GuestNetwork::kSlirp, without));
  EXPECT_NO_THROW(require_offered(GuestNetwork::kPasst, told("<value>default</value><value>passt</value>")));
  EXPECT_NO_THROW(
      require_offered(GuestNetwork::kPasst, "<domainCapabilities><devices/></domainCapabilities>"))
      << "too old to tell";
}

/// A program called passt.avx2 that waits, with the words of the real one.
class AdoptedPasst : public testing::Test {
 protected:
  AdoptedPasst() : program_(place_.path() / "passt.avx2") {
    fs::copy_file("/bin/sh", program_);
    fs::permissions(program_, fs::perms::owner_all);
  }

  /// In a session of its own, as one that was detached.
  [[nodiscard]] ProcessIdentity detached(std::uint16_t port) const {
    const fs::path never = place_.path() / "never";
    ::mkfifo(never.c_str(), 0600);
    spawn_daemon({program_.string(), "-c", "read -r line <\"$0\"", never.string(), "--tcp-ports",
                  "127.0.0.1/" + std::to_string(port) + ":4567"},
                 place_.path() / "log");
    for (int poll = 0; poll < 1000; ++poll) {
      if (const auto found = passt_process(port)) return *found;
      usleep(5'000);
    }
    return {};
  }

  test::Directory place_;
  fs::path program_;
};

TEST_F(AdoptedPasst, IsFoundByItsPortAndReapedAtOnce) {
  const ProcessIdentity passt = detached(47123);
  ASSERT_GT(passt.pid, 0);
  EXPECT_FALSE(passt_process(4712)) << "another port";
  EXPECT_FALSE(passt_process(0));
  const QemuAdoption adoption;
  ASSERT_TRUE(signal_process(passt, SIGKILL));
  bool gone = false;
  for (int poll = 0; poll < 1000 && !gone; ++poll) {
    gone = ::kill(passt.pid, 0) != 0;  // a zombie still takes signals
    usleep(5'000);
  }
  EXPECT_TRUE(gone) << "libvirt waits half a minute for a passt that nobody has reaped";
}

}  // namespace
}  // namespace bench

#endif
