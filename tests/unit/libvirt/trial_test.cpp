#include "bench/config.h"

#if BENCH_HAVE_LIBVIRT

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench/base/subprocess.h"
#include "drivers/libvirt/trial.h"
#include "tests/support/directory.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kProfileWriter = "/usr/lib/libvirt/virt-aa-helper";

class LibvirtTrial : public testing::Test {
 protected:
  LibvirtTrial() {
    ::setenv("BENCH_STATE_DIR", (place_.path() / "state").c_str(), 1);
    ::setenv("BENCH_CACHE_DIR", (place_.path() / "cache").c_str(), 1);
  }
  ~LibvirtTrial() override {
    ::unsetenv("BENCH_STATE_DIR");
    ::unsetenv("BENCH_CACHE_DIR");
  }

  /// The files of AppArmor's profile that libvirt would write for this guest. Writes no profile.
  [[nodiscard]] std::string profile_of(const DomainSpec& spec) const {
    const std::string uuid = "11111111-2222-3333-4444-555555555555";
    std::string xml = domain_xml(spec);
    const auto name = xml.find("<name>");
    xml.insert(name, "<uuid>" + uuid + "</uuid>");
    const fs::path file = place_.path() / "guest.xml";
    std::ofstream(file) << xml;
    const CommandResult result =
        run_command({"sh", "-c", "exec \"$1\" --dryrun --replace --uuid \"libvirt-$2\" <\"$3\" 2>&1", "sh",
                     kProfileWriter, uuid, file});
    EXPECT_EQ(result.exit_code, 0) << result.out;
    return result.out;
  }

  test::Directory place_;
};

TEST_F(LibvirtTrial, HasAnOverlayOnADiskAndTakesItAway) {
  fs::path overlay, base;
  {
    const TrialGuest guest(true);
    overlay = guest.spec().disk;
    base = guest.spec().disk_base;
    EXPECT_THAT(base.string(), HasSubstr((place_.path() / "cache").string()));
    EXPECT_THAT(check_command({"qemu-img", "info", "--output=json", overlay.string()}),
                HasSubstr(base.string()));
    EXPECT_EQ(guest.spec().run_as, (std::pair<unsigned, unsigned>{::geteuid(), ::getegid()}));
    EXPECT_THAT(domain_xml(guest.spec()), HasSubstr("<source file=\"" + base.string() + "\""));
  }
  EXPECT_FALSE(fs::exists(overlay));
  EXPECT_TRUE(fs::exists(base)) << "of the cache";
  const TrialGuest again(false);
  EXPECT_FALSE(again.spec().run_as);
}

TEST_F(LibvirtTrial, AnOverlayThatCannotBeReadDoesNotHideItsDisk) {
  if (!fs::exists(kProfileWriter)) GTEST_SKIP() << "libvirt is here without its helper for AppArmor";
  DomainSpec spec;
  spec.name = "bench-a-1";
  spec.memory_bytes = std::int64_t{512} << 20;
  // The helper may not open it where it lies in a hidden directory: as good as empty.
  spec.disk = place_.file("overlays/overlay.qcow2", 0) + "/overlay.qcow2";
  spec.disk_base = place_.file("images/base.qcow2", 0) + "/base.qcow2";
  spec.kernel = place_.file("images/vmlinuz", 1) + "/vmlinuz";
  const std::string profile = profile_of(spec);
  EXPECT_THAT(profile, HasSubstr('"' + spec.disk.string() + "\" rw"));
  EXPECT_THAT(profile, HasSubstr('"' + spec.disk_base.string() + "\" r"));
  EXPECT_THAT(profile, Not(HasSubstr('"' + spec.disk_base.string() + "\" rw")))
      << "no guest writes to an image";
  EXPECT_THAT(profile, HasSubstr(spec.kernel.string()));
  spec.disk_base.clear();
  EXPECT_THAT(profile_of(spec), Not(HasSubstr("base.qcow2"))) << "which is why it is named";
}

TEST_F(LibvirtTrial, HiddenDirectoriesOfHomesAreKnown) {
  const fs::path sysroot = place_.path();
  const fs::path parameter = sysroot / "sys/module/apparmor/parameters/enabled";
  EXPECT_FALSE(hidden_from_system_daemon("/root/.cache/bench", sysroot)) << "a kernel without AppArmor";
  fs::create_directories(parameter.parent_path());
  std::ofstream(parameter) << "N\n";
  EXPECT_FALSE(hidden_from_system_daemon("/root/.cache/bench", sysroot));
  std::ofstream(parameter) << "Y\n";
  for (const char* hidden :
       {"/root/.cache/bench", "/home/nobody-here/.cache/bench", "/home/nobody-here/.x"}) {
    const auto warning = hidden_from_system_daemon(hidden, sysroot);
    ASSERT_TRUE(warning) << hidden;
    EXPECT_THAT(warning->text, HasSubstr(hidden));
    EXPECT_THAT(warning->remedy, HasSubstr("BENCH_CACHE_DIR"));
  }
  for (const char* seen : {"/var/cache/bench", "/home/nobody-here/bench", "/home/nobody-here/a/.cache",
                           "/home", "/srv/.hidden/bench", "/"}) {
    EXPECT_FALSE(hidden_from_system_daemon(seen, sysroot)) << seen;
  }
}

}  // namespace
}  // namespace bench

#endif
