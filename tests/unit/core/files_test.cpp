#include "bench/base/files.h"

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

TEST(FileText, WhatCannotBeReadToItsEndIsNothing) {
  EXPECT_EQ(file_bytes("/nonexistent"), std::nullopt);
  EXPECT_EQ(file_bytes("/proc"), std::nullopt) << "a directory";
  EXPECT_EQ(file_bytes("/proc/self/mem"), std::nullopt) << "opens, and refuses the first byte";
  EXPECT_EQ(file_text("/proc/self/mem"), "");
}

}  // namespace
}  // namespace bench
