#include "bench/images/boot/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "bench/images/boot/distribution_kernel.h"
#include "unit/boot/fake_module.h"
#include "unit/images/temp_dir.h"

namespace bench::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// As the first bytes of a kernel's file are: where its release stands, and that.
std::string fake_kernel(const std::string& release) {
  std::string bytes(0x1000, '\0');
  bytes.replace(0x202, 4, "HdrS");
  bytes[0x20f] = 0x03;  // 0x300, after the first sector
  bytes.replace(0x500, release.size() + 10, release + " (builder)");
  return bytes;
}

/// All drivers of a guest, for a kernel of this release, in `dir`.
void write_modules(const TempDir& dir, const std::string& below) {
  for (const auto& name : kGuestDrivers)
    dir.write(below + "/kernel/" + name + ".ko", fake_module({"depends="}));
  dir.write(below + "/modules.builtin", "");
}

std::string refusal(ErrorCode code, const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_NE(error.remedy(), "") << error.what();
    return error.what();
  }
  return "";
}

TEST(KernelFile, SaysItsRelease) {
  const TempDir dir;
  EXPECT_EQ(kernel_release(dir.write("vmlinuz", fake_kernel("6.1.0-9-cloud-amd64"))), "6.1.0-9-cloud-amd64");
  EXPECT_THAT(refusal(ErrorCode::kUsage, [&] { kernel_release(dir.write("text", std::string(5000, 'x'))); }),
              HasSubstr("no Linux kernel"));
  EXPECT_THAT(refusal(ErrorCode::kUsage, [&] { kernel_release(dir.write("short", "HdrS")); }),
              HasSubstr("no Linux kernel"));
  EXPECT_THROW(kernel_release(dir.path()), Error);
  EXPECT_THROW(kernel_release(dir.path() / "none"), Error);
  std::string nowhere = fake_kernel("1");
  nowhere[0x20f] = '\xff';
  EXPECT_THROW(kernel_release(dir.write("nowhere", nowhere)), Error);
}

TEST(KernelFile, GoesWithTheModulesOfItsRelease) {
  const TempDir dir;
  const fs::path file = dir.write("vmlinuz", fake_kernel("6.9.1"));
  write_modules(dir, "tree/usr/lib/modules/6.9.1");
  write_modules(dir, "6.8.0");
  write_modules(dir, "copied");
  const fs::path right = dir.path() / "tree/usr/lib/modules/6.9.1";
  for (const fs::path& modules : {right, dir.path() / "tree", right.parent_path()}) {
    EXPECT_EQ(file_kernel(file, modules, "/none").modules.size(), kGuestDrivers.size()) << modules;
  }
  EXPECT_EQ(file_kernel(file, {}, right.parent_path()).modules.size(), kGuestDrivers.size());
  EXPECT_EQ(file_kernel(file, {}, "/none").modules.size(), 0U) << "drivers may be built in";
  EXPECT_THAT(refusal(ErrorCode::kUsage, [&] { file_kernel(file, dir.path() / "6.8.0", "/none"); }),
              testing::AllOf(HasSubstr("6.8.0"), HasSubstr("6.9.1")));
  EXPECT_THAT(refusal(ErrorCode::kUsage, [&] { file_kernel(file, dir.path(), "/none"); }),
              HasSubstr("no modules of 6.9.1"));
  EXPECT_THAT(refusal(ErrorCode::kUsage, [&] { file_kernel(file, dir.path() / "absent", "/none"); }),
              HasSubstr("no directory"));
}

TEST(HostKernel, IsWhereDistributionsPutIt) {
  const TempDir dir;
  const auto find = [&] { return host_kernel(dir.path(), "6.18.5"); };
  EXPECT_THAT(refusal(ErrorCode::kUnavailable, find),
              testing::AllOf(HasSubstr("6.18.5"), HasSubstr("boot/vmlinuz-6.18.5")));
  const fs::path elsewhere = dir.write("lib/modules/6.18.5/vmlinuz", "");
  write_modules(dir, "lib/modules/6.18.5");
  EXPECT_EQ(find().image, elsewhere);
  const fs::path usual = dir.write("boot/vmlinuz-6.18.5", "");
  EXPECT_EQ(find().image, usual);
  EXPECT_EQ(find().release, "6.18.5");
  EXPECT_EQ(find().modules.size(), kGuestDrivers.size());
  fs::remove_all(dir.path() / "lib");
  EXPECT_THAT(refusal(ErrorCode::kUnavailable, find), HasSubstr("no modules"));
}

TEST(FindKernel, TakesModulesForAFileOnly) {
  EXPECT_THAT(refusal(ErrorCode::kUsage,
                      [] {
                        find_kernel({"host", "/lib/modules"}, {}, {});
                      }),
              HasSubstr("--kernel FILE"));
}

/// Packages have their files in a tar inside an ar.
TEST(KernelPackage, IsUnpackedWithoutToolsOfItsDistribution) {
  const TempDir dir;
  dir.write("tree/usr/lib/modules/6.1/kernel/a.ko", "module a");
  dir.write("tree/usr/lib/modules/6.1/modules.builtin", "kernel/b.ko\n");
  dir.write("tree/boot/vmlinuz-6.1", "kernel");
  dir.write("tree/usr/share/lib/modules/x", "not one of them");
  dir.write("package/debian-binary", "2.0\n");
  const std::string package = (dir.path() / "package").string();
  check_command({"tar", "-C", (dir.path() / "tree").string(), "-cJf", package + "/data.tar.xz", "."});
  check_command({"ar", "rc", package + "/x.deb", package + "/debian-binary", package + "/data.tar.xz"});
  unpack_modules(package + "/x.deb", dir.path() / "out");
  EXPECT_TRUE(fs::exists(dir.path() / "out/6.1/kernel/a.ko"));
  EXPECT_TRUE(fs::exists(dir.path() / "out/6.1/modules.builtin"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path() / "out"), {}), 1);
  EXPECT_THROW(unpack_modules(dir.write("none.deb", "no package"), dir.path() / "out"), Error);
}

}  // namespace
}  // namespace bench::test
