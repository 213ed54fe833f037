#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace bench {

/// A test with a state and a cache directory of its own, below base_.
class OwnState : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/bos-XXXXXX";  // short: sockets lie below it
    ASSERT_NE(::mkdtemp(name), nullptr);
    base_ = name;
    ::setenv("BENCH_STATE_DIR", (base_ / "s").c_str(), 1);
    ::setenv("BENCH_CACHE_DIR", (base_ / "c").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("BENCH_STATE_DIR");
    ::unsetenv("BENCH_CACHE_DIR");
    std::filesystem::remove_all(base_);
  }
  std::filesystem::path base_;
};

}  // namespace bench
