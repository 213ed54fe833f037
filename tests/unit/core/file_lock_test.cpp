#include "bench/base/file_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "bench/base/error.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FileLockTest : public ::testing::Test {
 protected:
  ~FileLockTest() override { fs::remove(path_); }
  [[nodiscard]] FileLock open() const { return {path_, "make it writable"}; }

  fs::path path_ = fs::temp_directory_path() / ("bench-file-lock-" + std::to_string(getpid()));
};

TEST_F(FileLockTest, OneHoldsItAloneOrManyShareIt) {
  const FileLock first = open(), second = open();
  ASSERT_TRUE(first.attempt());
  EXPECT_FALSE(second.attempt());
  EXPECT_FALSE(second.attempt(FileLock::Kind::kShared));
  ASSERT_TRUE(first.attempt(FileLock::Kind::kShared));
  EXPECT_TRUE(second.attempt(FileLock::Kind::kShared));
  EXPECT_FALSE(first.attempt()) << "the second one reads";
}

TEST_F(FileLockTest, ItGoesWithItsOwner) {
  std::optional<FileLock> first = open();
  ASSERT_TRUE(first->attempt());
  FileLock moved = std::move(*first);
  first.reset();
  const FileLock second = open();
  EXPECT_FALSE(second.attempt()) << "it was moved, not dropped";
  moved = FileLock();
  EXPECT_TRUE(second.attempt());
}

TEST_F(FileLockTest, WhoWaitsSaysSoOnceAndGivesUp) {
  const FileLock first = open(), second = open();
  ASSERT_TRUE(first.attempt());
  int said = 0;
  EXPECT_FALSE(second.wait(FileLock::Kind::kAlone, 1ms, 20ms, {}, [&] { ++said; }));
  EXPECT_EQ(said, 1);
}

TEST_F(FileLockTest, AStopEndsTheWait) {
  const FileLock first = open(), second = open();
  ASSERT_TRUE(first.attempt());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW((void)second.wait(FileLock::Kind::kAlone, 1ms, 60s, stop.get_token()), Error);
}

TEST_F(FileLockTest, ALinkIsNotFollowed) {
  fs::create_symlink("/dev/null", path_);
  EXPECT_THROW((void)open(), Error);
}

}  // namespace
}  // namespace bench
