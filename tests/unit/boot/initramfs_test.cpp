#include "bench/images/boot/initramfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "bench/images/boot/guest_init.h"
#include "unit/images/temp_dir.h"

namespace bench::test {
namespace {

using testing::HasSubstr;

GuestConfig secret_config() {
  GuestConfig config;
  config.command = {"/app"};
  config.environment = {"SECRET=1"};
  return config;
}

TEST(ImageInitramfs, HasTheInitItsConfigurationAndTheDrivers) {
  const TempDir dir;
  const GuestKernel kernel{
      "", "", "6.1", {{"virtio.ko", "module one"}, {"ext4.ko", std::string(100001, 'm')}}};
  const auto file = dir.path() / "initrd";
  const std::int64_t size = write_image_initramfs(kernel, secret_config(), file);
  EXPECT_EQ(size, static_cast<std::int64_t>(std::filesystem::file_size(file)));

  const auto cpio = [&](const std::string& options) {
    return check_command({"sh", "-c", "cd \"$1\" && cpio --quiet " + options + " <\"$2\"", "sh",
                          dir.path().string(), file.string()});
  };
  const std::string list = cpio("-tvn");
  EXPECT_THAT(list, testing::ContainsRegex("crw------- +1 0 +0 +5, +1 .*dev/console"));
  EXPECT_THAT(list, testing::ContainsRegex("-rwxr-xr-x +1 0 +0 .* init\n"));
  EXPECT_THAT(list, testing::ContainsRegex("-rw------- +1 0 +0 .* bench.config\n"));
  cpio("-idm init bench.config 'modules/*'");
  EXPECT_EQ(file_text(dir.path() / "init"), guest_init());
  EXPECT_EQ(file_text(dir.path() / "bench.config"),
            guest_config_text(secret_config(), {"virtio.ko", "ext4.ko"}));
  EXPECT_EQ(file_text(dir.path() / "modules/virtio.ko"), "module one");
  EXPECT_EQ(file_text(dir.path() / "modules/ext4.ko").size(), 100001U);
}

TEST(ImageInitramfs, IsTheOwnersAlone) {
  const TempDir dir;
  const auto file = dir.write("initrd", "an old one, which everybody reads");
  write_image_initramfs({}, secret_config(), file);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U) << "the environment may hold secrets";
}

TEST(ImageInitramfs, HoldsTheSameBytesForTheSameGuest) {
  const TempDir dir;
  write_image_initramfs({}, secret_config(), dir.path() / "one");
  write_image_initramfs({}, secret_config(), dir.path() / "two");
  EXPECT_EQ(file_text(dir.path() / "one"), file_text(dir.path() / "two"));
}

TEST(ImageInitramfs, LeavesNothingWhereTheConfigurationIsRefused) {
  const TempDir dir;
  EXPECT_THROW(write_image_initramfs({}, {}, dir.path() / "initrd"), Error);
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "initrd"));
}

/// As `file` tells: a program that starts where there is nothing else.
TEST(GuestInit, IsAStaticProgram) {
  const TempDir dir;
  const auto init = dir.write("init", std::string(guest_init()));
  ASSERT_EQ(guest_init().substr(0, 4), "\177ELF");
  EXPECT_THAT(check_command({"readelf", "-lW", init.string()}), testing::Not(HasSubstr("INTERP")));
}

}  // namespace
}  // namespace bench::test
