#include "bench/base/procfs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace bench {
namespace {

namespace fs = std::filesystem;

TEST(Procfs, StartTimeTellsProcessesApart) {
  const auto mine = process_start_time(getpid());
  ASSERT_TRUE(mine.has_value());
  EXPECT_EQ(process_start_time(getpid()), mine);
  EXPECT_LT(process_start_time(1).value(), *mine);
  EXPECT_FALSE(process_start_time(0x3fffffff).has_value());
}

TEST(Procfs, MountsAreReadAsProcWritesThem) {
  const fs::path root = fs::temp_directory_path() / ("bench-procfs-" + std::to_string(getpid()));
  fs::create_directories(root / "proc/self");
  std::ofstream(root / "proc/self/mountinfo")
      << "22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n"
      << "23 22 0:21 /part /mnt/with\\040blank rw - tmpfs tmp\\134fs rw,size=1k\n"
      << "garbage\n"
      << "24 22 0:22 / /none rw - proc\n";
  const auto mounts = read_mounts(root);
  fs::remove_all(root);
  ASSERT_EQ(mounts.size(), 2U) << "a line that is cut off is left out";
  EXPECT_EQ(mounts[0].device, "254:0");
  EXPECT_EQ(mounts[0].type, "ext4");
  EXPECT_EQ(mounts[0].source, "/dev/vda");
  EXPECT_EQ(mounts[1].root, "/part");
  EXPECT_EQ(mounts[1].point, "/mnt/with blank");
  EXPECT_EQ(mounts[1].source, "tmp\\fs");
  EXPECT_EQ(mounts[1].options, "rw,size=1k");
  EXPECT_TRUE(read_mounts("/does/not/exist").empty());
}

}  // namespace
}  // namespace bench
