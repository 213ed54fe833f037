#include "bench/core/paths.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "bench/core/error.h"
#include "bench/core/files.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

class PathsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "bench-paths-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    for (const char* name :
         {"BENCH_CACHE_DIR", "BENCH_STATE_DIR", "BENCH_DATA_DIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}) {
      unsetenv(name);
    }
    if (const char* value = getenv("HOME")) home_ = value;
  }
  void TearDown() override {
    setenv("HOME", home_.c_str(), 1);
    fs::remove_all(root_);
  }
  fs::path root_;
  std::string home_;
};

TEST_F(PathsTest, CacheFollowsItsVariableThenXdgThenHome) {
  setenv("HOME", root_.c_str(), 1);
  EXPECT_EQ(cache_dir(), root_ / ".cache/bench");
  setenv("XDG_CACHE_HOME", (root_ / "xdg").c_str(), 1);
  EXPECT_EQ(cache_dir(), root_ / "xdg/bench");
  setenv("BENCH_CACHE_DIR", (root_ / "own").c_str(), 1);
  EXPECT_EQ(cache_dir(), root_ / "own");
  EXPECT_TRUE(fs::is_directory(root_ / "own"));
}

TEST_F(PathsTest, RelativeXdgDirectoryIsIgnored) {
  setenv("HOME", root_.c_str(), 1);
  setenv("XDG_CACHE_HOME", "not/absolute", 1);
  EXPECT_EQ(cache_dir(), root_ / ".cache/bench");
}

TEST_F(PathsTest, MadeDirectoriesArePrivate) {
  setenv("BENCH_STATE_DIR", (root_ / "a/b").c_str(), 1);
  struct stat status {};
  ASSERT_EQ(stat(state_dir().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
}

TEST_F(PathsTest, FileInTheWayIsAnIoErrorWithARemedy) {
  std::ofstream(root_ / "file") << "x";
  setenv("BENCH_CACHE_DIR", (root_ / "file/below").c_str(), 1);
  try {
    cache_dir();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(error.remedy().find("BENCH_CACHE_DIR"), std::string::npos);
  }
}

TEST_F(PathsTest, DataDirectoryHoldsTheBackend) {
  EXPECT_TRUE(fs::exists(data_dir() / "backend"));
  setenv("BENCH_DATA_DIR", root_.c_str(), 1);
  EXPECT_EQ(data_dir(), root_);
  setenv("BENCH_DATA_DIR", (root_ / "missing").c_str(), 1);
  EXPECT_THROW(data_dir(), Error);
}

TEST_F(PathsTest, AtomicWriteReplacesAndLeavesNoTemporaryFile) {
  const fs::path path = root_ / "run.json";
  write_file_atomically(path, "one");
  write_file_atomically(path, std::string(100'000, 'x'));
  EXPECT_EQ(file_text(path), std::string(100'000, 'x'));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 1);
}

TEST_F(PathsTest, FailedAtomicWriteKeepsTheOldFile) {
  const fs::path path = root_ / "directory";
  fs::create_directories(path / "full");
  EXPECT_THROW(write_file_atomically(path, "text"), Error);  // a directory cannot be replaced by a file
  EXPECT_TRUE(fs::is_directory(path / "full"));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 1);
  EXPECT_THROW(write_file_atomically(root_ / "missing/file", "text"), Error);
}

}  // namespace
}  // namespace bench
