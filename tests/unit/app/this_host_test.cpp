#include "bench/app/this_host.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <thread>

#include "bench/app/run/run_files.h"
#include "bench/base/error.h"
#include "unit/images/temp_dir.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
constexpr const char* kId = "3d1219c7c4c5404aaa1f6d2a48adfda4";

class ThisHost : public ::testing::Test {
 protected:
  ThisHost() { unsetenv("BENCH_HOST"); }
  ~ThisHost() override { unsetenv("BENCH_HOST"); }

  static std::optional<Host> host(const std::string& machine_id, const std::string& name) {
    const test::TempDir root;
    if (!machine_id.empty()) root.write("etc/machine-id", machine_id + "\n");
    root.write("proc/sys/kernel/hostname", name + "\n");
    return this_host(root.path());
  }
};

TEST_F(ThisHost, IsItsNameAndItsMachineIdTogether) {
  const Host lab = host(kId, "lab-1").value();
  EXPECT_EQ(lab.name, "lab-1");
  EXPECT_EQ(lab.id, host(kId, "lab-1")->id);
  EXPECT_NE(lab.id, host(kId, "lab-2")->id) << "cloned machines share a machine-id";
  EXPECT_NE(lab.id, host("4d1219c7c4c5404aaa1f6d2a48adfda4", "lab-1")->id);
  EXPECT_EQ(lab.id.find(std::string(kId).substr(0, 8)), std::string::npos) << "the machine-id is a secret";
}

TEST_F(ThisHost, OneOfTheTwoIsEnough) {
  EXPECT_TRUE(host("", "lab-1"));
  EXPECT_EQ(host("uninitialized", "lab-1")->id, host("", "lab-1")->id);
  EXPECT_EQ(host(kId, "localhost")->name, "localhost");
  EXPECT_NE(host(kId, "localhost")->id, host("4d1219c7c4c5404aaa1f6d2a48adfda4", "localhost")->id);
}

TEST_F(ThisHost, WhatDoesNotLastIsNoHost) {
  EXPECT_FALSE(host("", "localhost"));
  EXPECT_FALSE(host("", "localhost.localdomain"));
  EXPECT_FALSE(host("", "(none)"));
  EXPECT_FALSE(host("", "0f3a9c1b2d4e")) << "a container's, made up at its start";
  EXPECT_FALSE(host(kId, "0f3a9c1b2d4e")) << "the machine-id is its image's";
}

TEST_F(ThisHost, BenchHostSaysIt) {
  setenv("BENCH_HOST", "runner-7", 1);
  const Host named = host(kId, "lab-1").value();
  EXPECT_EQ(named.name, "runner-7");
  EXPECT_EQ(named.id, host("", "0f3a9c1b2d4e")->id) << "wherever it runs";
  for (const char* bad : {"all", "a b", "a/b", ".a", "-a", "a\nb"}) {
    setenv("BENCH_HOST", bad, 1);
    EXPECT_THROW((void)this_host(), Error) << bad;
  }
  setenv("BENCH_HOST", "", 1);
  EXPECT_EQ(host(kId, "lab-1")->name, "lab-1");
}

TEST(NewDirectoryTest, TwoThatBeginInTheSameSecondGetOneEach) {
  const test::TempDir top;
  const fs::path wanted = top.path() / "results" / "20260131T020000Z-startup";
  std::vector<std::optional<NewDirectory>> made(8);
  {
    std::vector<std::jthread> jobs;
    for (auto& one : made) jobs.emplace_back([&] { one.emplace(wanted); });
  }
  std::set<fs::path> names;
  for (const auto& one : made) names.insert(one->path());
  EXPECT_EQ(names.size(), made.size());
  EXPECT_TRUE(names.contains(wanted) && names.contains(wanted.string() + "-8"));
  top.write("results/20260131T020000Z-startup/run.json", "{}");
  made.clear();
  EXPECT_TRUE(fs::exists(wanted)) << "something was stored";
  EXPECT_FALSE(fs::exists(wanted.string() + "-2")) << "nothing was";
}

TEST(NewDirectoryTest, APlaceThatCannotBeMadeIsSaid) {
  const test::TempDir top;
  top.write("file", "");
  EXPECT_THROW(NewDirectory(top.path() / "file" / "run"), Error);
}

}  // namespace
}  // namespace bench
