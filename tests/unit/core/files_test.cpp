#include "bench/core/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace bench {
namespace {

TEST(FileText, IsEveryByteOfTheFile) {
  const auto path =
      std::filesystem::temp_directory_path() / ("bench-files-" + std::to_string(::getpid()) + ".txt");
  const std::string bytes("one\r\ntwo\0three\n\n", 16);
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(file_text(path), bytes);
  std::filesystem::remove(path);
  EXPECT_EQ(file_text(path), "");
}

TEST(FileText, IsReadOfFilesWithoutASize) {
  const std::string line = file_text("/proc/self/cmdline");
  EXPECT_NE(line.find("unit_core"), std::string::npos) << line;
}

}  // namespace
}  // namespace bench
