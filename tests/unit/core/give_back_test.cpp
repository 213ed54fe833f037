#include "bench/base/give_back.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kUser = 12345;
constexpr uid_t kOther = 12346;

uid_t owner_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
  return status.st_uid;
}

class GiveBackTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "making files of another user takes root";
    std::string pattern = (fs::temp_directory_path() / "give-back-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
  }
  void TearDown() override {
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    if (!root_.empty()) fs::remove_all(root_);
  }
  static void write(const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "x";
  }
  fs::path root_;
};

TEST_F(GiveBackTest, WhatRootMakesInAUsersDirectoryBecomesTheirs) {
  const fs::path home = root_ / "home";
  fs::create_directories(home);
  ASSERT_EQ(chown(home.c_str(), kUser, kUser), 0);
  const fs::path secret = root_ / "secret";
  write(secret);
  {
    const GiveBack giving(home / "a" / "results", GiveBack::Otherwise::kRoots);
    write(home / "a" / "results" / "run" / "run.json");
    write(home / "a" / "results" / "others");
    ASSERT_EQ(chown((home / "a" / "results" / "others").c_str(), kOther, kOther), 0);
    fs::create_symlink(secret, home / "a" / "results" / "link");
    fs::create_hard_link(secret, home / "a" / "results" / "second-name");
  }
  for (const char* mine : {"a", "a/results", "a/results/run", "a/results/run/run.json"}) {
    EXPECT_EQ(owner_of(home / mine), kUser) << mine;
  }
  EXPECT_EQ(owner_of(home / "a/results/others"), kOther);
  EXPECT_EQ(owner_of(secret), 0U) << "neither through a link nor through a second name";
}

TEST_F(GiveBackTest, ElsewhereOnlyWhatIsNewBecomesTheSudoUsers) {
  setenv("SUDO_UID", "12345", 1);
  setenv("SUDO_GID", "12345", 1);
  write(root_ / "old" / "roots");
  {
    const GiveBack old(root_ / "old", GiveBack::Otherwise::kSudoUser);
    const GiveBack made(root_ / "new" / "results", GiveBack::Otherwise::kSudoUser);
    const GiveBack cache(root_ / "cache", GiveBack::Otherwise::kRoots);
    write(root_ / "new" / "results" / "run.json");
    write(root_ / "cache" / "images");
  }
  EXPECT_EQ(owner_of(root_ / "old" / "roots"), 0U);
  EXPECT_EQ(owner_of(root_ / "new"), kUser);
  EXPECT_EQ(owner_of(root_ / "new" / "results" / "run.json"), kUser);
  EXPECT_EQ(owner_of(root_ / "cache" / "images"), 0U);
}

}  // namespace
}  // namespace bench
