#include "bench/images/boot/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "unit/boot/fake_module.h"
#include "unit/images/temp_dir.h"

namespace bench::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> order(const ModuleTree& tree, const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const auto& module : tree.with_dependencies(names)) result.push_back(module.name);
  return result;
}

TEST(ModuleTree, PutsEachModuleAfterWhatItNeeds) {
  const TempDir dir;
  dir.write("kernel/virtio_blk.ko", fake_module({"license=GPL", "depends=virtio,virtio-ring"}));
  dir.write("kernel/virtio.ko", fake_module({"depends="}));
  dir.write("kernel/virtio-ring.ko", fake_module({"depends=virtio"}));
  dir.write("kernel/unused.ko", fake_module({"depends=nowhere"}));
  dir.write("modules.builtin", "kernel/fs/ext4/ext4.ko\nkernel/drivers/acpi/acpi-button.ko\n");
  EXPECT_THAT(order(ModuleTree(dir.path()), {"virtio_blk", "ext4", "acpi_button", "virtio"}),
              ElementsAre("virtio.ko", "virtio_ring.ko", "virtio_blk.ko"));
}

TEST(ModuleTree, TakesWhoeverOffersASoftDependency) {
  const TempDir dir;
  dir.write("kernel/fs/ext4.ko",
            fake_module({"softdep=pre: crypto-crc32c nowhere post: later", "depends=jbd2"}));
  dir.write("kernel/fs/jbd2.ko", fake_module({"depends="}));
  dir.write("kernel/fs/later.ko", fake_module({"depends="}));
  dir.write("kernel/crypto/crc32c_generic.ko", fake_module({"alias=crypto-crc32c", "alias=crc32c"}));
  dir.write("kernel/arch/crc32c-intel.ko", fake_module({"alias=crypto-crc32c-intel", "alias=crypto-crc32c"}));
  dir.write("kernel/crypto/crc32c_test.ko", fake_module({"alias=crypto-crc32c-test"}));
  EXPECT_THAT(order(ModuleTree(dir.path()), {"ext4"}),
              ElementsAre("crc32c_generic.ko", "crc32c_intel.ko", "jbd2.ko", "ext4.ko"));
}

TEST(ModuleTree, UnpacksWhatIsPacked) {
  const TempDir dir;
  const std::string bytes = fake_module({"depends="}) + std::string(200000, 'x');
  for (const char* program : {"xz", "gzip"}) {
    const auto file = dir.write(std::string("kernel/by_") + program + ".ko", bytes);
    check_command({program, file.string()});
  }
  std::filesystem::rename(dir.path() / "kernel/by_gzip.ko.gz", dir.path() / "kernel/by-gzip.ko.gz");
  const auto modules = ModuleTree(dir.path()).with_dependencies({"by_xz", "by_gzip"});
  ASSERT_EQ(modules.size(), 2U);
  for (const auto& module : modules) EXPECT_EQ(module.bytes, bytes) << module.name;
  dir.write("kernel/cut.ko.xz", file_text(dir.path() / "kernel/by_xz.ko.xz").substr(0, 100));
  EXPECT_THROW(static_cast<void>(ModuleTree(dir.path()).with_dependencies({"cut"})), Error);
}

TEST(ModuleTree, NamesADriverThatIsNowhere) {
  const TempDir dir;
  dir.write("kernel/virtio_blk.ko", fake_module({"depends=virtio"}));
  try {
    static_cast<void>(ModuleTree(dir.path()).with_dependencies({"virtio_blk"}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("no module virtio,"));
    EXPECT_THAT(error.what(), HasSubstr(dir.path().string()));
  }
}

TEST(ModuleInfo, IsEmptyForWhatIsNoModule) {
  const std::string whole = fake_module({"depends=a", "alias=b", "alias=c"});
  EXPECT_THAT(module_info(whole, "alias"), ElementsAre("b", "c"));
  EXPECT_THAT(module_info(whole, "alia"), IsEmpty());
  for (std::size_t size = 0; size < whole.size(); ++size) module_info(whole.substr(0, size), "alias");
  EXPECT_THAT(module_info("", "alias"), IsEmpty());
  EXPECT_THAT(module_info("not ELF: alias=x", "alias"), IsEmpty());
}

}  // namespace
}  // namespace bench::test
