#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace bench::test {

/// Compares with tests/golden/NAME; BENCH_UPDATE_GOLDEN=1 writes it first.
inline void expect_same_as_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(BENCH_TEST_DIR) / "golden" / name;
  if (std::getenv("BENCH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    FAIL() << path << " was written anew; read the difference, and test without BENCH_UPDATE_GOLDEN";
  }
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, golden) << path << ": run with BENCH_UPDATE_GOLDEN=1 and read the difference";
}

}  // namespace bench::test
