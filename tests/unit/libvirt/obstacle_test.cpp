#include "bench/config.h"

#if BENCH_HAVE_LIBVIRT

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "bench/base/subprocess.h"
#include "drivers/libvirt/obstacle.h"
#include "tests/support/directory.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A QEMU that does as the test says, before the real one in PATH.
class LibvirtObstacle : public testing::Test {
 protected:
  LibvirtObstacle() : path_(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "") {
    ::setenv("PATH", (place_.path().string() + ":" + path_).c_str(), 1);
    ::unsetenv("LIBVIRT_DEFAULT_URI");
  }
  ~LibvirtObstacle() override { ::setenv("PATH", path_.c_str(), 1); }

  void qemu(const std::string& script) const {
    const fs::path file = place_.path() / "qemu-system-x86_64";
    std::ofstream(file) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(file, fs::perms::owner_all);
  }

  test::Directory place_;
  std::string path_;
};

TEST_F(LibvirtObstacle, AQemuWithoutSlirpIsKnown) {
  qemu(
      "echo \"$0: -netdev user,id=bench0: network backend 'user' is not compiled into this binary\" >&2; "
      "exit 1");
  const auto obstacle = network_obstacle();
  ASSERT_TRUE(obstacle);
  EXPECT_THAT(obstacle->text, HasSubstr("slirp"));
  EXPECT_THAT(obstacle->remedy, HasSubstr("--targets docker"));
  DriverOptions mock;
  mock.connect = "test:///default";
  EXPECT_FALSE(libvirt_obstacle(mock)) << "there is no QEMU behind it";
}

TEST_F(LibvirtObstacle, WhatCannotBeToldIsNoObstacle) {
  qemu("exit 0");
  EXPECT_FALSE(network_obstacle());
  qemu("echo 'cannot load a library' >&2; exit 127");
  EXPECT_FALSE(network_obstacle());
  qemu("read -r word; [ \"$word\" = quit ] || exec sleep 60");
  EXPECT_FALSE(network_obstacle()) << "it is told to end";
}

TEST_F(LibvirtObstacle, TheQemuOfThisMachineIsTold) {
  if (!have_program("qemu-system-x86_64")) GTEST_SKIP() << "there is no QEMU here";
  EXPECT_FALSE(network_obstacle()) << "Debian's has slirp, whether -netdev help lists it or not";
}

TEST_F(LibvirtObstacle, OnlyX86IsKnownToVms) {
  EXPECT_FALSE(architecture_obstacle("x86_64"));
  EXPECT_FALSE(architecture_obstacle(""));
  const auto obstacle = architecture_obstacle("aarch64");
  ASSERT_TRUE(obstacle);
  EXPECT_THAT(obstacle->text, HasSubstr("aarch64"));
  EXPECT_THAT(obstacle->remedy, HasSubstr("--targets docker"));
}

}  // namespace
}  // namespace bench

#endif
