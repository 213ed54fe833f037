#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "bench/base/clock.h"
#include "bench/measure/host/cost.h"
#include "tests/unit/measure/fake_host.h"

namespace bench {
namespace {

double tick() {
  return 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::string stat_line(int pid, const std::string& name, int utime, int stime, int cutime, int cstime,
                      int start) {
  return std::to_string(pid) + " (" + name + ") S 1 1 1 0 -1 4194304 100 200 0 0 " + std::to_string(utime) +
         " " + std::to_string(stime) + " " + std::to_string(cutime) + " " + std::to_string(cstime) +
         " 20 0 3 0 " + std::to_string(start) +
         " 1000000 500 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n";
}

TEST(ParseProcessStat, AddsOwnAndReapedTimeAndKeepsTheStart) {
  const auto cpu = parse_process_stat(stat_line(7, "python3", 10, 20, 3, 4, 555));
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->ticks, 37U);
  EXPECT_EQ(cpu->start, 555U);
}

TEST(ParseProcessStat, TheNameMayHoldBlanksAndParentheses) {
  const auto cpu = parse_process_stat(stat_line(7, "a) R 9 (b c) 1", 1, 2, 3, 4, 99));
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->ticks, 10U);
  EXPECT_EQ(cpu->start, 99U);
}

TEST(ParseProcessStat, TornOrForeignTextIsNothing) {
  EXPECT_FALSE(parse_process_stat(""));
  EXPECT_FALSE(parse_process_stat("7 (x"));
  EXPECT_FALSE(parse_process_stat("7 (x) S 1 1 1 0 -1 0 0 0 0 0 5 5"));
  EXPECT_FALSE(parse_process_stat("7 (x) S 1 1 1 0 -1 0 0 0 0 0 a b c d 20 0 3 0 1 1 1"));
}

TEST(CpuMeter, CountsTheInstanceInFullAndTheEngineByDifference) {
  FakeHost host;
  host.file("proc/10/stat", stat_line(10, "dockerd", 100, 100, 50, 0, 1));
  const CpuMeter meter({{10, "engine"}}, false, host.root());
  host.file("proc/10/stat", stat_line(10, "dockerd", 104, 101, 57, 0, 1));
  host.file("proc/20/stat", stat_line(20, "containerd-shim", 2, 1, 4, 0, 900));
  host.file("proc/21/stat", stat_line(21, "python3", 30, 5, 0, 0, 901));
  const auto cost = meter.read({{20, "shim"}, {21, "app"}});
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->seconds, (12 + 7 + 35) * tick(), 1e-9);
  EXPECT_NEAR(cost->resolution, 3 * tick(), 1e-9);
}

TEST(CpuMeter, AProcessNamedTwiceCountsOnce) {
  FakeHost host;
  host.file("proc/10/stat", stat_line(10, "both", 5, 0, 0, 0, 1));
  const CpuMeter meter({{10, "engine"}}, false, host.root());
  const auto cost = meter.read({{10, "vmm"}, {10, "vmm"}});
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->seconds, 5 * tick(), 1e-9);
}

TEST(CpuMeter, WhatVanishedIsUnknownAndNotZero) {
  FakeHost host;
  host.file("proc/20/stat", stat_line(20, "shim", 2, 1, 4, 0, 900));
  const CpuMeter meter({}, false, host.root());
  EXPECT_FALSE(meter.read({{20, "shim"}, {21, "proxy"}}));
  EXPECT_FALSE(meter.read({}));
  EXPECT_TRUE(meter.read({{20, "shim"}}));
}

TEST(CpuMeter, ARestartedEngineIsUnknown) {
  FakeHost host;
  host.file("proc/20/stat", stat_line(20, "shim", 2, 1, 4, 0, 900));
  host.file("proc/10/stat", stat_line(10, "dockerd", 1, 0, 0, 0, 1));
  const CpuMeter meter({{10, "engine"}}, false, host.root());
  host.file("proc/10/stat", stat_line(10, "dockerd", 9, 0, 0, 0, 777));  // the same pid, another process
  EXPECT_FALSE(meter.read({{20, "shim"}}));
  std::filesystem::remove_all(host.root() / "proc/10");
  EXPECT_FALSE(meter.read({{20, "shim"}}));
}

// A hybrid tree: CPU time is counted by v1, the process is in the v2 tree as well.
class CgroupCost : public ::testing::Test {
 protected:
  void SetUp() override {
    host_.file("proc/self/cgroup", "2:cpu,cpuacct:/user/me\n0::/user/me\n");
    host_.file("proc/self/mountinfo",
               "30 22 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
               "31 22 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    host_.file("proc/21/stat", stat_line(21, "python3", 30, 5, 0, 0, 901));
    host_.file("proc/22/stat", stat_line(22, "python3", 1, 0, 0, 0, 902));
  }
  FakeHost host_;
  const CpuMeter meter_{{}, false, host_.root()};
};

TEST_F(CgroupCost, VersionOneIsPreferredAndCountedOnce) {
  host_.file("proc/21/cgroup", "2:cpu,cpuacct:/docker/abc\n0::/docker/abc\n");
  host_.file("proc/22/cgroup", "2:cpu,cpuacct:/docker/abc/sub\n0::/docker/abc\n");
  host_.file("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpuacct.usage", "412345678\n");
  host_.file("sys/fs/cgroup/cpu,cpuacct/docker/abc/sub/cpuacct.usage", "12345678\n");
  host_.file("sys/fs/cgroup/unified/docker/abc/cpu.stat", "usage_usec 999999\n");
  const auto cost = meter_.read({{21, "app"}, {22, "app"}});
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->seconds, 0.412345678, 1e-9);
  EXPECT_LE(cost->resolution, 1e-6);
}

TEST_F(CgroupCost, VersionTwo) {
  host_.file("proc/21/cgroup", "0::/system.slice/docker-abc.scope\n");
  host_.file("sys/fs/cgroup/unified/system.slice/docker-abc.scope/cpu.stat",
             "usage_usec 351234\nuser_usec 300000\nsystem_usec 51234\n");
  const auto cost = meter_.read({{21, "app"}});
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->seconds, 0.351234, 1e-9);
}

TEST_F(CgroupCost, ACgroupThatHoldsTheHarnessTooIsNotTheInstances) {
  for (const std::string path : {"/user/me", "/user", "/"}) {
    host_.file("proc/21/cgroup", "2:cpu,cpuacct:" + path + "\n0::" + path + "\n");
    host_.file("sys/fs/cgroup/cpu,cpuacct" + path + "/cpuacct.usage", "77000000000\n");
    const auto cost = meter_.read({{21, "app"}});
    ASSERT_TRUE(cost) << path;
    EXPECT_NEAR(cost->seconds, 35 * tick(), 1e-9) << path;
  }
}

TEST_F(CgroupCost, OnlyTheAppIsReadFromItsCgroup) {
  host_.file("proc/21/cgroup", "0::/system.slice/containerd.service\n");
  host_.file("sys/fs/cgroup/unified/system.slice/containerd.service/cpu.stat", "usage_usec 99000000\n");
  const auto cost = meter_.read({{21, "shim"}});
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->seconds, 35 * tick(), 1e-9);
}

void burn(double seconds) {
  const double end = thread_cpu_seconds() + seconds;
  while (thread_cpu_seconds() < end) {
  }
}

/// A child that has burnt `seconds` of CPU time and then sleeps until it is killed.
class BusyChild {
 public:
  explicit BusyChild(double seconds) {
    int ready[2];
    if (::pipe(ready) != 0) throw std::runtime_error("pipe failed");
    pid_ = ::fork();
    if (pid_ == 0) {
      burn(seconds);
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) throw std::runtime_error("the child ended");
    ::close(ready[0]);
  }
  ~BusyChild() { end(); }
  BusyChild(const BusyChild&) = delete;
  BusyChild& operator=(const BusyChild&) = delete;
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

TEST(CpuMeterReal, SeesWhatARealChildBurnt) {
  const CpuMeter meter({});
  BusyChild child(0.3);
  const auto cost = meter.read({{child.pid(), "vmm"}});
  ASSERT_TRUE(cost);
  EXPECT_GE(cost->seconds, 0.3 - 2 * tick());
  EXPECT_LE(cost->seconds, 0.3 + 5 * tick());
  const pid_t pid = child.pid();
  child.end();
  EXPECT_FALSE(meter.read({{pid, "vmm"}}));
}

TEST(CpuMeterReal, AnEngineInThisProcessIsCountedWithoutTheProbe) {
  BusyChild instance(0.0);
  const CpuMeter meter({}, true);
  burn(0.15);  // the engine's work on the calling thread
  const double before = thread_cpu_seconds();
  burn(0.25);  // the probe
  const double probe = thread_cpu_seconds() - before;
  std::thread([] { burn(0.1); }).join();  // the engine's own thread
  const auto cost = meter.read({{instance.pid(), "vmm"}}, probe);
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->seconds, 0.25, 0.06);
}

}  // namespace
}  // namespace bench
