#include "bench/core/paths.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

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
    for (const char* name : {"BENCH_CACHE_DIR", "BENCH_STATE_DIR", "BENCH_DATA_DIR", "XDG_CACHE_HOME",
                             "XDG_RUNTIME_DIR", "XDG_STATE_HOME"}) {
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

/// Runs `test` in a child as somebody else, who sees what it says on stderr. True when it returned true.
template <typename Test>
bool as_user(uid_t uid, Test test) {
  const pid_t child = fork();
  if (child == 0) {
    bool good = false;
    try {
      good = setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0 && test();
    } catch (const std::exception& error) {
      fprintf(stderr, "%s\n", error.what());
    }
    _exit(good ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0;
}

TEST_F(PathsTest, WhatOutlivesARunIsInNoRuntimeDirectory) {
  setenv("BENCH_STATE_DIR", (root_ / "own").c_str(), 1);
  EXPECT_EQ(persistent_dir(), root_ / "own/state");
  unsetenv("BENCH_STATE_DIR");
  if (geteuid() != 0) return;
  fs::permissions(root_, fs::perms::all);
  EXPECT_TRUE(as_user(12345, [&] {
    setenv("HOME", root_.c_str(), 1);
    setenv("XDG_RUNTIME_DIR", (root_ / "runtime").c_str(), 1);
    const bool at_home = persistent_dir() == root_ / ".local/state/bench";
    setenv("XDG_STATE_HOME", (root_ / "xdg").c_str(), 1);
    return at_home && persistent_dir() == root_ / "xdg/bench";
  }));
}

TEST_F(PathsTest, AFileOfAnEarlierVersionIsMovedOnce) {
  setenv("BENCH_STATE_DIR", (root_ / "own").c_str(), 1);
  const fs::path former = root_ / "former";
  fs::create_directory(former);
  std::ofstream(former / "a.json") << "old";
  EXPECT_EQ(persistent_file("a.json", former), root_ / "own/state/a.json");
  EXPECT_EQ(file_text(root_ / "own/state/a.json"), "old");
  EXPECT_FALSE(fs::exists(former / "a.json"));
  std::ofstream(former / "a.json") << "older";
  EXPECT_EQ(file_text(persistent_file("a.json", former)), "old");
  EXPECT_FALSE(fs::exists(persistent_file("none.json", former)));
}

TEST_F(PathsTest, AStateDirectoryOfOnesOwnIsTheOnlyOne) {
  setenv("BENCH_STATE_DIR", (root_ / "own").c_str(), 1);
  EXPECT_EQ(state_dirs(), std::vector<fs::path>{root_ / "own"});
}

TEST_F(PathsTest, OtherWaysOfStartingAreKnown) {
  if (geteuid() != 0) GTEST_SKIP() << "needs somebody who has never run bench here";
  fs::create_directory(root_ / "runtime");
  ASSERT_EQ(chown((root_ / "runtime").c_str(), 12346, 12346), 0);
  fs::permissions(root_, fs::perms::all);
  EXPECT_TRUE(as_user(12346, [&] {
    setenv("HOME", root_.c_str(), 1);
    const fs::path by_cron = state_dir();  // /tmp/bench-12346
    setenv("XDG_RUNTIME_DIR", (root_ / "runtime").c_str(), 1);
    const bool good = state_dirs() == std::vector<fs::path>{root_ / "runtime/bench", by_cron};
    fs::remove_all(by_cron);
    return good && by_cron == "/tmp/bench-12346";
  }));
}

TEST_F(PathsTest, ANewFilesModeIsTheUmasks) {
  for (const auto& [mask, mode] :
       {std::pair<mode_t, mode_t>{077, 0600}, {027, 0640}, {002, 0664}, {022, 0644}}) {
    const mode_t before = umask(mask);
    write_file_atomically(root_ / "file", "x");
    umask(before);
    struct stat status {};
    ASSERT_EQ(stat((root_ / "file").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, mode);
  }
}

}  // namespace
}  // namespace bench
