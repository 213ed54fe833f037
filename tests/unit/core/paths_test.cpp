#include "bench/base/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/files.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

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
}

TEST_F(PathsTest, AUsersFindingsAreInTheirStateHome) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  fs::permissions(root_, fs::perms::all);
  EXPECT_TRUE(as_user(12345, [&] {
    setenv("HOME", root_.c_str(), 1);
    setenv("XDG_RUNTIME_DIR", (root_ / "runtime").c_str(), 1);
    const bool at_home = persistent_dir() == root_ / ".local/state/bench";
    setenv("XDG_STATE_HOME", (root_ / "xdg").c_str(), 1);
    return at_home && persistent_dir() == root_ / "xdg/bench";
  }));
}

TEST_F(PathsTest, WhereNoStateCanBeWrittenTheCacheHasIt) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  fs::create_directories(root_ / "home");
  fs::create_directories(root_ / "cache");
  fs::permissions(root_, fs::perms(0755));
  fs::permissions(root_ / "cache", fs::perms::all);
  EXPECT_TRUE(as_user(12347, [&] {
    setenv("HOME", (root_ / "home").c_str(), 1);
    setenv("BENCH_CACHE_DIR", (root_ / "cache").c_str(), 1);
    const bool without = persistent_dir() == root_ / "cache/state";
    setenv("XDG_STATE_HOME", (root_ / "home/xdg").c_str(), 1);
    return without && persistent_dir() == root_ / "cache/state";
  }));
}

/// What state_dir() says in a child of user `uid`; empty when it says nothing.
std::string state_refused(uid_t uid) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  (void)as_user(uid, [&] {
    try {
      state_dir();
    } catch (const Error& error) {
      const std::string said = std::string(error.what()) + "; " + error.remedy();
      return error.code() == ErrorCode::kIo && write(ends[1], said.data(), said.size()) > 0;
    }
    return false;
  });
  close(ends[1]);
  std::string said(1000, '\0');
  const ssize_t got = read(ends[0], said.data(), said.size());
  close(ends[0]);
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return said;
}

TEST_F(PathsTest, AStateDirectoryThatCannotBeWrittenIsAnErrorWithARemedy) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  fs::create_directories(root_ / "roots");
  fs::permissions(root_, fs::perms(0755));
  fs::permissions(root_ / "roots", fs::perms(0755));
  for (const char* where : {"roots", "roots/below"}) {
    setenv("BENCH_STATE_DIR", (root_ / where).c_str(), 1);
    EXPECT_THAT(state_refused(12347),
                AllOf(HasSubstr((root_ / where).string()), HasSubstr("BENCH_STATE_DIR")));
  }
}

TEST_F(PathsTest, ADirectoryInTmpThatSomebodyElseMadeIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const fs::path planted = "/tmp/bench-12348";
  ASSERT_TRUE(fs::create_directory(planted));
  fs::permissions(planted, fs::perms::all);
  EXPECT_THAT(state_refused(12348),
              AllOf(HasSubstr("belongs to somebody else"), HasSubstr("BENCH_STATE_DIR")));
  fs::remove(planted);
}

TEST_F(PathsTest, RootHasOnePlaceHoweverItWasStarted) {
  if (geteuid() != 0) GTEST_SKIP() << "this is about root";
  setenv("HOME", root_.c_str(), 1);
  setenv("XDG_STATE_HOME", (root_ / "xdg").c_str(), 1);
  setenv("XDG_RUNTIME_DIR", (root_ / "theirs").c_str(), 1);  // as sudo -E hands it on
  setenv("BENCH_CACHE_DIR", (root_ / "cache").c_str(), 1);
  fs::create_directory(root_ / "theirs");
  ASSERT_EQ(chown((root_ / "theirs").c_str(), 12345, 12345), 0);
  const pid_t child = fork();
  if (child == 0) {  // with a /run and a /var/lib of its own
    const auto hidden = [](const char* at) { return mount("none", at, "tmpfs", 0, nullptr) == 0; };
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        !hidden("/run") || !hidden("/var/lib")) {
      _exit(77);
    }
    int wrong = 0;
    try {
      wrong += persistent_dir() == "/var/lib/bench" ? 0 : 1;
      wrong += state_dir() == "/run/bench" ? 0 : 2;
      wrong += fs::exists(root_ / "xdg") || !fs::is_empty(root_ / "theirs") ? 4 : 0;
      wrong += mount("none", "/var/lib", nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0 ? 0 : 8;
      wrong += persistent_dir() == root_ / "cache/state" ? 0 : 16;
    } catch (const std::exception& error) {
      fprintf(stderr, "%s\n", error.what());
      wrong += 32;
    }
    _exit(wrong);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "nothing can be mounted here, not even in a namespace";
  EXPECT_EQ(WEXITSTATUS(status), 0);
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
