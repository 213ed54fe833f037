#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "bench/base/error.h"
#include "bench/measure/host/memory.h"
#include "tests/unit/measure/fake_host.h"

namespace bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;

const char* const kRollup =
    "56332acf3000-7ffeb19ba000 ---p 00000000 00:00 0                          [rollup]\n"
    "Rss:              293672 kB\n"
    "Pss:              288794 kB\n"
    "Pss_Dirty:        268388 kB\n"
    "Pss_Anon:         268388 kB\n"
    "Pss_File:          20406 kB\n"
    "Pss_Shmem:            12 kB\n"
    "Shared_Clean:       7504 kB\n"
    "Shared_Dirty:          0 kB\n"
    "Private_Clean:     17780 kB\n"
    "Private_Dirty:    268388 kB\n"
    "Anonymous:        268388 kB\n"
    "AnonHugePages:    225280 kB\n"
    "Swap:                  0 kB\n";

std::string mapping(const std::string& header, int pss, int anonymous = 0, int huge = 0) {
  return header + "\nSize:               4124 kB\nKernelPageSize:        4 kB\nRss:                " +
         std::to_string(pss + 100) + " kB\nPss:                " + std::to_string(pss) +
         " kB\nPss_Dirty:             0 kB\nShared_Clean:          100 kB\nPrivate_Clean:         7 kB\n"
         "Private_Dirty:         3 kB\nAnonymous:             " +
         std::to_string(anonymous) + " kB\nAnonHugePages:         " + std::to_string(huge) +
         " kB\nTHPeligible:           0\nVmFlags: rd mr mw me \n";
}

// A QEMU with 512 MiB for its guest and a buffer of 1 GiB for translations.
std::string qemu() {
  return mapping("56332acf3000-56332b0fa000 r-xp 00000000 fe:00 10977348    /usr/bin/qemu-system-x86_64",
                 4000) +
         mapping("56332bad7000-56332be80000 rw-p 00de3000 fe:00 10977348    /usr/bin/qemu-system-x86_64",
                 1000, 400) +
         mapping("563369fee000-56336b154000 rw-p 00000000 00:00 0           [heap]", 5000, 5000) +
         mapping("7f9143e00000-7f9163e00000 rw-p 00000000 00:00 0 ", 137216, 137216, 131072) +
         mapping("7f9164000000-7f91a3fff000 rwxp 00000000 00:00 0 ", 86016, 86016) +
         mapping("7ffeb1900000-7ffeb1921000 rw-p 00000000 00:00 0           [stack]", 20, 20);
}

TEST(ParseSmapsRollup, HasPssRssAndUss) {
  const auto memory = parse_smaps_rollup(kRollup);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->pss, 288794 * kKiB);
  EXPECT_EQ(memory->rss, 293672 * kKiB);
  EXPECT_EQ(memory->uss, (17780 + 268388) * kKiB);
  EXPECT_EQ(memory->pss_unbacked, (268388 + 12) * kKiB);
  EXPECT_EQ(memory->huge, 225280 * kKiB);
}

TEST(ParseSmapsRollup, AnOldKernelDoesNotTellWhatFilesBack) {
  const auto memory = parse_smaps_rollup("Rss: 10 kB\nPss: 5 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 2 kB\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->pss, 5 * kKiB);
  EXPECT_FALSE(memory->pss_unbacked);
}

TEST(ParseSmapsRollup, TornOrEmptyTextIsNothing) {
  EXPECT_FALSE(parse_smaps_rollup(""));
  EXPECT_FALSE(parse_smaps_rollup("no such thing\n"));
  EXPECT_FALSE(parse_smaps_rollup(std::string(kRollup).substr(0, 160)));
}

TEST(ParseVmmSmaps, TellsTheGuestsMemoryAndTranslationsFromTheRest) {
  const auto vmm = parse_vmm_smaps(qemu(), 512 * kMiB);
  ASSERT_TRUE(vmm);
  EXPECT_EQ(vmm->guest_ram, 137216 * kKiB);
  EXPECT_EQ(vmm->translations, 86016 * kKiB);
  EXPECT_EQ(vmm->process.pss, (4000 + 1000 + 5000 + 137216 + 86016 + 20) * kKiB);
  EXPECT_EQ(vmm->process.rss, vmm->process.pss + 600 * kKiB);
  EXPECT_EQ(vmm->process.uss, 60 * kKiB);
  EXPECT_EQ(vmm->process.pss_unbacked, (400 + 5000 + 137216 + 86016 + 20) * kKiB);
  EXPECT_EQ(vmm->process.huge, 131072 * kKiB);
}

TEST(ParseVmmSmaps, GuestMemoryMayBeAFileThatOnlyMemoryHolds) {
  const auto vmm = parse_vmm_smaps(
      mapping("7f9143e00000-7f9163e00000 rw-s 00000000 00:01 77     /memfd:memory-backend-memfd (deleted)",
              9000),
      512 * kMiB);
  ASSERT_TRUE(vmm);
  EXPECT_EQ(vmm->guest_ram, 9000 * kKiB);
  EXPECT_FALSE(vmm->translations) << "no emulator, none of its buffers";
}

TEST(ParseVmmSmaps, ACutMappingIsPutTogether) {
  const auto vmm = parse_vmm_smaps(mapping("7f9143e00000-7f9153e00000 rw-p 00000000 00:00 0 ", 100) +
                                       mapping("7f9153e00000-7f9163e00000 rw-p 00000000 00:00 0 ", 11) +
                                       mapping("7f9164000000-7f9174000000 rw-p 00000000 00:00 0 ", 5),
                                   512 * kMiB);
  ASSERT_TRUE(vmm);
  EXPECT_EQ(vmm->guest_ram, 111 * kKiB);
}

TEST(ParseVmmSmaps, WhatIsAsLargeButAFileOrNotWritableIsNotTheGuests) {
  const auto vmm =
      parse_vmm_smaps(mapping("7f9143e00000-7f9163e00000 rw-p 00000000 fe:00 99     /var/disk.raw", 100) +
                          mapping("7fa143e00000-7fa163e00000 ---p 00000000 00:00 0 ", 0),
                      512 * kMiB);
  ASSERT_TRUE(vmm);
  EXPECT_FALSE(vmm->guest_ram);
}

TEST(ParseVmmSmaps, ForeignTextIsNothing) {
  EXPECT_FALSE(parse_vmm_smaps("", 512 * kMiB));
  EXPECT_FALSE(parse_vmm_smaps("hello world: this\n", 512 * kMiB));
}

TEST(InstanceMemory, PartsAddUpToTheWhole) {
  FakeHost host;
  host.file("proc/20/smaps_rollup", kRollup);
  host.file("proc/21/smaps_rollup",
            "Rss: 10 kB\nPss: 5 kB\nPss_Anon: 4 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 2 kB\n");
  const auto memory = read_instance_memory({{20, "app"}, {21, "shim"}, {20, "app"}}, 0, host.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total.pss, (288794 + 5) * kKiB) << "a process that is named twice counts once";
  EXPECT_EQ(memory->total.pss_unbacked, (268388 + 12 + 4) * kKiB);
  EXPECT_THAT(memory->parts, ElementsAre(Pair("app", 288794 * kKiB), Pair("shim", 5 * kKiB)));
  EXPECT_FALSE(memory->vmm_overhead);
}

TEST(InstanceMemory, OfAVm) {
  FakeHost host;
  host.file("proc/30/smaps", qemu());
  const auto memory = read_instance_memory({{30, "vmm"}}, 512 * kMiB, host.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->vmm_overhead, memory->total.pss - 137216 * kKiB);
  std::int64_t sum = 0;
  for (const auto& [role, bytes] : memory->parts) sum += bytes;
  EXPECT_EQ(sum, memory->total.pss);
  EXPECT_EQ(memory->parts.at("vmm"), (4000 + 1000 + 5000 + 20) * kKiB);
  EXPECT_EQ(memory->parts.at("translations"), 86016 * kKiB);
}

TEST(InstanceMemory, AGuestThatCannotBeToldApartHasNoOverhead) {
  FakeHost host;
  host.file("proc/30/smaps", qemu());
  const auto memory = read_instance_memory({{30, "vmm"}}, 777 * kMiB, host.root());
  ASSERT_TRUE(memory);
  EXPECT_FALSE(memory->vmm_overhead);
  EXPECT_FALSE(memory->parts.contains("guest_ram"));
}

TEST(InstanceMemory, AProcessThatEndsMeanwhileMakesTheSumUnknown) {
  FakeHost host;
  host.file("proc/20/smaps_rollup", kRollup);
  EXPECT_TRUE(read_instance_memory({{20, "app"}}, 0, host.root()));
  EXPECT_FALSE(read_instance_memory({{20, "app"}, {21, "shim"}}, 0, host.root())) << "gone before";
  host.file("proc/21/smaps_rollup", "");
  host.file("proc/21/smaps", "");
  EXPECT_FALSE(read_instance_memory({{20, "app"}, {21, "shim"}}, 0, host.root())) << "gone while it is read";
  EXPECT_FALSE(read_instance_memory({}, 0, host.root()));
}

TEST(ProcessMemory, OfARealProcess) {
  const std::size_t size = 32 * kMiB;
  const auto before = read_process_memory(getpid());
  void* const ballast = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(ballast, MAP_FAILED);
  std::memset(ballast, 7, size);
  const auto after = read_process_memory(getpid());
  const auto mapped = read_vmm_memory(getpid(), static_cast<std::int64_t>(size));
  munmap(ballast, size);
  ASSERT_TRUE(before && after && mapped);
  EXPECT_NEAR(static_cast<double>(after->pss - before->pss), static_cast<double>(size), 1.0 * kMiB);
  EXPECT_NEAR(static_cast<double>(after->uss - before->uss), static_cast<double>(size), 1.0 * kMiB);
  EXPECT_LE(after->uss, after->pss);
  EXPECT_LE(after->pss, after->rss);
  // The whole and the roll-up are two ways to the same figure.
  EXPECT_NEAR(static_cast<double>(mapped->process.pss), static_cast<double>(after->pss), 1.0 * kMiB);
}

TEST(ProcessMemory, AKernelWithoutTheRollUpIsReadMappingByMapping) {
  FakeHost host;
  host.file("proc/30/smaps", qemu());
  const auto memory = read_process_memory(30, host.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->pss, (4000 + 1000 + 5000 + 137216 + 86016 + 20) * kKiB);
}

TEST(ProcessMemory, AnEndedProcessIsNothing) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(read_process_memory(child)) << "it has ended and is still in the process table";
  EXPECT_FALSE(read_vmm_memory(child, 512 * kMiB));
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(read_process_memory(child));
}

// Says on its exit what became of reading a process that may not be read.
int read_as_nobody(pid_t pid) {
  if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) return 2;
  try {
    read_process_memory(pid);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnavailable) return 3;
    if (error.remedy().find("root") == std::string::npos) return 4;
    return std::string(error.what()).find("smaps_rollup") == std::string::npos ? 5 : 0;
  }
  return 1;
}

TEST(ProcessMemory, WhatIsNotPermittedIsSaidAndNotZero) {
  const pid_t other = geteuid() == 0 ? getpid() : 1;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(read_as_nobody(other));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// The instance's cgroup in the three kinds of tree that hosts have.
class CgroupMemoryTest : public ::testing::Test {
 protected:
  void v1() const {
    host_.file("sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "22952345\n");
    host_.file("sys/fs/cgroup/memory/docker/abc/memory.kmem.usage_in_bytes", "975000\n");
    host_.file("sys/fs/cgroup/memory/docker/abc/memory.stat",
               "cache 1\nrss 2\ntotal_cache 440000\ntotal_rss 21350000\ntotal_inactive_file 4\n");
  }
  void mounts(const std::string& text) const { host_.file("proc/self/mountinfo", text); }
  FakeHost host_;
  const std::string v1_mount_ = "30 22 0:26 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n";
};

TEST_F(CgroupMemoryTest, VersionOne) {
  mounts(v1_mount_);
  host_.file("proc/self/cgroup", "4:memory:/user/me\n");
  host_.file("proc/21/cgroup", "4:memory:/docker/abc\n");
  v1();
  EXPECT_EQ(read_cgroup_memory({{21, "app"}}, host_.root()),
            (CgroupMemory{22952345, 21350000, 440000, 975000, 1}));
}

TEST_F(CgroupMemoryTest, VersionTwo) {
  mounts("31 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  host_.file("proc/self/cgroup", "0::/user.slice/me\n");
  host_.file("proc/21/cgroup", "0::/system.slice/docker-abc.scope\n");
  const std::string directory = "sys/fs/cgroup/system.slice/docker-abc.scope/";
  host_.file(directory + "memory.current", "22000000\n");
  host_.file(directory + "memory.stat", "anon 20000000\nfile 1000000\nkernel 900000\nslab 400000\n");
  EXPECT_EQ(read_cgroup_memory({{21, "app"}}, host_.root()),
            (CgroupMemory{22000000, 20000000, 1000000, 900000, 2}));
  // Before Linux 5.18 the kernel's share is listed by kind.
  host_.file(directory + "memory.stat", "anon 1\nfile 2\nslab 400\nkernel_stack 16\npagetables 64\n");
  EXPECT_EQ(read_cgroup_memory({{21, "app"}}, host_.root())->kernel, 480);
}

TEST_F(CgroupMemoryTest, AHybridTreeCountsWhereTheControllerIs) {
  mounts(v1_mount_ + "31 22 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  host_.file("proc/self/cgroup", "4:memory:/user/me\n0::/\n");
  host_.file("proc/21/cgroup", "4:memory:/docker/abc\n0::/docker/abc\n");
  host_.file("sys/fs/cgroup/unified/docker/abc/cgroup.procs", "21\n");
  v1();
  const auto memory = read_cgroup_memory({{21, "app"}}, host_.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, 22952345);
  EXPECT_EQ(memory->version, 1);
}

TEST_F(CgroupMemoryTest, TheHarnesssOwnCgroupSaysNothing) {
  mounts(v1_mount_);
  host_.file("proc/self/cgroup", "4:memory:/docker/abc\n");
  host_.file("proc/30/cgroup", "4:memory:/docker/abc\n");
  v1();
  EXPECT_FALSE(read_cgroup_memory({{30, "vmm"}}, host_.root())) << "a VMM that the harness started itself";
}

TEST_F(CgroupMemoryTest, ADomainsCgroupIsAboveItsEmulators) {
  mounts("31 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  host_.file("proc/self/cgroup", "0::/user.slice/me\n");
  host_.file("proc/30/cgroup", "0::/machine.slice/machine-qemu.scope/libvirt/emulator\n");
  host_.file("sys/fs/cgroup/machine.slice/machine-qemu.scope/memory.current", "300000000\n");
  const auto memory = read_cgroup_memory({{30, "vmm"}}, host_.root());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, 300000000);
  EXPECT_FALSE(memory->anonymous) << "not said is not zero";
}

TEST_F(CgroupMemoryTest, OfSeveralTheOneThatHoldsThemAll) {
  mounts(v1_mount_);
  host_.file("proc/self/cgroup", "4:memory:/user/me\n");
  host_.file("proc/21/cgroup", "4:memory:/docker/abc/worker\n");
  host_.file("proc/22/cgroup", "4:memory:/docker/abc\n");
  host_.file("proc/23/cgroup", "4:memory:/docker/other\n");
  host_.file("sys/fs/cgroup/memory/docker/abc/worker/memory.usage_in_bytes", "1000\n");
  host_.file("sys/fs/cgroup/memory/docker/other/memory.usage_in_bytes", "1000\n");
  v1();
  for (const auto& processes : {std::vector<HostProcess>{{21, "app"}, {22, "app"}},
                                std::vector<HostProcess>{{22, "app"}, {21, "app"}, {99, "shim"}}}) {
    const auto memory = read_cgroup_memory(processes, host_.root());
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->total, 22952345);
  }
  EXPECT_FALSE(read_cgroup_memory({{22, "app"}, {23, "app"}}, host_.root())) << "two are not one figure";
}

TEST(AvailableMemory, IsWhatTheKernelEstimates) {
  FakeHost host;
  EXPECT_THROW(available_memory(host.root()), Error);
  host.file("proc/meminfo", "MemTotal:  24000 kB\nMemFree:  9000 kB\nMemAvailable:   21000 kB\n");
  EXPECT_EQ(available_memory(host.root()), 21000 * kKiB);
  EXPECT_EQ(allowed_memory(host.root()), 21000 * kKiB);
}

TEST(AvailableMemory, ALimitOnTheHarnessIsALimitOnWhatItStarts) {
  FakeHost host;
  host.file("proc/meminfo", "MemAvailable:   21000000 kB\n");
  host.file("proc/self/cgroup", "0::/limited/me\n");
  host.file("proc/self/mountinfo", "31 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  host.file("sys/fs/cgroup/limited/me/memory.max", "max\n");
  host.file("sys/fs/cgroup/limited/me/memory.current", "5000\n");
  host.file("sys/fs/cgroup/limited/memory.max", "2000000\n");
  host.file("sys/fs/cgroup/limited/memory.current", "700000\n");
  host.file("sys/fs/cgroup/limited/memory.stat", "anon 1\ninactive_file 100000\n");
  EXPECT_EQ(allowed_memory(host.root()), 1400000);
}

TEST(Ksm, WithoutItNothingIsKnown) {
  FakeHost host;
  EXPECT_FALSE(ksm_saved(host.root()));
  host.file("sys/kernel/mm/ksm/pages_sharing", "10\n");
  EXPECT_EQ(ksm_saved(host.root()), 40960);
}

}  // namespace
}  // namespace bench
