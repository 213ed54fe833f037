#include "bench/measure/host/environment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "bench/config.h"
#include "bench/measure/host/doctor.h"
#include "bench/measure/host/noise.h"
#include "tests/unit/measure/fake_host.h"

namespace bench {
namespace {

using namespace std::string_literals;  // "…"s keeps the NULs of a command line

constexpr const char* kKeys[] = {"arch",   "cpu_model", "cores",          "smt",      "memory_bytes",
                                 "kernel", "governor",  "mitigations",    "turbo",    "virtualisation",
                                 "thp",    "ksm",       "image_store_fs", "disk_kind"};

const Fact& at(const Facts& facts, const std::string& key) {
  const auto found = facts.find(key);
  if (found == facts.end()) throw std::runtime_error("no fact " + key);
  return found->second;
}

std::string text(const Facts& facts, const std::string& key) {
  const auto* value = std::get_if<std::string>(&at(facts, key));
  return value ? *value : "(not a text)";
}

class EnvironmentOf : public ::testing::Test {
 protected:
  /// A quiet 4-CPU server.
  void quiet_server() {
    host_.file("proc/sys/kernel/arch", "x86_64\n");
    host_.file("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
    host_.file(
        "proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Acme 9000 @ 3.00GHz\ncpu MHz\t\t: 3000.000\nflags\t\t: fpu vmx\n\n"
        "processor\t: 1\nmodel name\t: Acme 9000 @ 3.00GHz\ncpu MHz\t\t: 1000.000\nflags\t\t: fpu vmx\n");
    host_.file("proc/meminfo",
               "MemTotal:       16384000 kB\nMemFree: 1 kB\nMemAvailable:   12000000 kB\n"
               "SwapTotal:       1000 kB\nSwapFree:        1000 kB\n");
    host_.file("proc/loadavg", "0.10 0.20 0.30 1/89 5507\n");
    host_.file("proc/stat", "cpu  100 0 100 1000 0 0 0 5 0 0\n");
    host_.file("proc/pressure/cpu", "some avg10=0.31 avg60=0.57 avg300=0.32 total=5597343\n");
    host_.file("proc/self/mountinfo",
               "22 1 254:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
               "23 22 0:30 / " +
                   host_.root().string() + "/memory rw - tmpfs tmpfs rw\n");
    host_.file("sys/devices/system/cpu/online", "0-1,3,5\n");
    host_.file("sys/devices/system/cpu/smt/active", "1\n");
    host_.file("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "performance\n");
    host_.file("sys/devices/system/cpu/cpufreq/policy1/scaling_governor", "performance\n");
    host_.file("sys/devices/system/cpu/cpufreq/boost", "1\n");
    host_.file("sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n");
    host_.file("sys/devices/system/cpu/vulnerabilities/mds", "Vulnerable: no microcode\n");
    host_.file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    host_.file("sys/kernel/mm/ksm/run", "0\n");
    host_.file("sys/devices/pci0/block/sda/queue/rotational", "0\n");
    host_.file("sys/devices/pci0/block/sda/sda1/partition", "1\n");
    host_.link("sys/dev/block/254:1", "../../devices/pci0/block/sda/sda1");
    host_.file("store/x", "");
    host_.file("memory/x", "");
  }
  Environment read() { return read_environment(host_.root() / "store", host_.root()); }
  bool warned(const Environment& environment, const std::string& part) {
    return std::any_of(environment.warnings.begin(), environment.warnings.end(), [&](const Warning& w) {
      return w.text.find(part) != std::string::npos && !w.remedy.empty();
    });
  }
  FakeHost host_;
};

TEST_F(EnvironmentOf, AnEmptyHostIsUnknownAndNotADefault) {
  const Environment environment = read();
  for (const char* key : kKeys) {
    EXPECT_TRUE(std::holds_alternative<std::monostate>(at(environment.fingerprint, key))) << key;
  }
  EXPECT_EQ(text(environment.fingerprint, "suite_version"), BENCH_VERSION);
  for (const auto& [key, value] : environment.volatile_) {
    if (key == "time") continue;
    EXPECT_TRUE(std::holds_alternative<std::monostate>(value)) << key;
  }
  EXPECT_TRUE(environment.warnings.empty());
}

TEST_F(EnvironmentOf, AQuietServer) {
  quiet_server();
  const Environment environment = read();
  const Facts& facts = environment.fingerprint;
  EXPECT_EQ(text(facts, "arch"), "x86_64");
  EXPECT_EQ(text(facts, "cpu_model"), "Acme 9000 @ 3.00GHz");
  EXPECT_EQ(at(facts, "cores"), Fact(std::int64_t{4}));
  EXPECT_EQ(at(facts, "smt"), Fact(true));
  EXPECT_EQ(at(facts, "memory_bytes"), Fact(std::int64_t{16384000} * 1024));
  EXPECT_EQ(text(facts, "kernel"), "6.1.0-13-amd64");
  EXPECT_EQ(text(facts, "governor"), "performance");
  EXPECT_EQ(at(facts, "turbo"), Fact(true));
  EXPECT_EQ(text(facts, "virtualisation"), "none");
  EXPECT_EQ(text(facts, "thp"), "madvise");
  EXPECT_EQ(at(facts, "ksm"), Fact(false));
  EXPECT_EQ(text(facts, "image_store_fs"), "ext4");
  EXPECT_EQ(text(facts, "disk_kind"), "ssd");
  EXPECT_TRUE(text(facts, "mitigations").starts_with("vulnerable: mds; digest "));
  EXPECT_EQ(at(environment.volatile_, "load1"), Fact(0.10));
  EXPECT_EQ(at(environment.volatile_, "psi_cpu_some_avg10"), Fact(0.31));
  EXPECT_EQ(at(environment.volatile_, "mhz"), Fact(2000.0));
  EXPECT_EQ(at(environment.volatile_, "swap_used_bytes"), Fact(std::int64_t{0}));
  EXPECT_EQ(at(environment.volatile_, "other_guests"), Fact(std::int64_t{0}));
  // The fake /proc/stat stands still: no time passed, so nothing is known about steal.
  EXPECT_TRUE(std::holds_alternative<std::monostate>(at(environment.volatile_, "steal")));
  std::vector<std::string> texts;
  for (const auto& warning : environment.warnings) {
    if (warning.text.find("disk space") == std::string::npos) texts.push_back(warning.text);
  }
  EXPECT_TRUE(texts.empty()) << texts.front();
}

TEST_F(EnvironmentOf, StealIsTheHypervisorsShareOfTheTimeThatPassed) {
  std::optional<double> steal;
  for (int tries = 0; tries < 20 && !steal; ++tries) {  // time may pass before it is looked at first
    host_.file("proc/stat", "cpu  100 0 100 1000 0 0 7 5 0 0\n");
    host_.file("proc/stat.later", "cpu  147 0 120 1010 0 0 10 25 3 0\n");
    const std::jthread later([&] {
      std::this_thread::sleep_for(Seconds(0.05));
      std::filesystem::rename(host_.root() / "proc/stat.later", host_.root() / "proc/stat");
    });
    steal = read_host_noise(host_.root() / "store", host_.root(), Seconds(0.3)).steal;
  }
  ASSERT_TRUE(steal);
  EXPECT_DOUBLE_EQ(*steal, 0.2) << "20 of 100 ticks; a guest's time is in the user's already";
}

TEST_F(EnvironmentOf, TheFingerprintIsTheSameTwiceAndSeesAChangedMitigation) {
  quiet_server();
  const Facts first = read_fingerprint(host_.root() / "store", host_.root());
  EXPECT_EQ(first, read_fingerprint(host_.root() / "store", host_.root()));
  host_.file("sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n");
  EXPECT_NE(at(first, "mitigations"),
            at(read_fingerprint(host_.root() / "store", host_.root()), "mitigations"));
}

TEST_F(EnvironmentOf, TheDeepestMountCounts) {
  quiet_server();
  const Facts facts = read_fingerprint(host_.root() / "memory", host_.root());
  EXPECT_EQ(text(facts, "image_store_fs"), "tmpfs");
  EXPECT_EQ(text(facts, "disk_kind"), "memory");
}

TEST_F(EnvironmentOf, ADiskBelowDeviceMapperIsFound) {
  quiet_server();
  host_.file("proc/self/mountinfo", "22 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw\n");
  host_.file("sys/devices/virtual/block/dm-0/queue/rotational", "0\n");
  host_.file("sys/devices/pci0/block/sdb/queue/rotational", "1\n");
  host_.link("sys/devices/virtual/block/dm-0/slaves/sdb", "../../../../pci0/block/sdb");
  host_.link("sys/dev/block/253:0", "../../devices/virtual/block/dm-0");
  EXPECT_EQ(text(read_fingerprint(host_.root() / "store", host_.root()), "disk_kind"), "hdd");
}

TEST_F(EnvironmentOf, AGuestNamesItsHypervisor) {
  quiet_server();
  host_.file("proc/cpuinfo", "model name\t: Acme\nflags\t\t: fpu hypervisor\n");
  EXPECT_EQ(text(read_fingerprint(host_.root(), host_.root()), "virtualisation"), "unknown hypervisor");
  host_.file("sys/class/dmi/id/sys_vendor", "QEMU\n");
  EXPECT_EQ(text(read_fingerprint(host_.root(), host_.root()), "virtualisation"), "kvm");
  host_.file("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  EXPECT_EQ(text(read_fingerprint(host_.root(), host_.root()), "virtualisation"), "amazon");
}

TEST_F(EnvironmentOf, HardwareOfAVendorOfHypervisorsIsNoGuest) {
  quiet_server();
  host_.file("sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n");
  EXPECT_EQ(text(read_fingerprint(host_.root(), host_.root()), "virtualisation"), "none");
}

TEST_F(EnvironmentOf, ANoisyHostIsWarnedAbout) {
  quiet_server();
  host_.file("proc/loadavg", "2.01 0.20 0.30 1/89 5507\n");
  host_.file("proc/meminfo",
             "MemTotal: 16384000 kB\nMemAvailable: 100000 kB\nSwapTotal: 5000 kB\nSwapFree: 10 kB\n");
  host_.file("sys/devices/system/cpu/cpufreq/policy1/scaling_governor", "powersave\n");
  host_.file("sys/kernel/mm/ksm/run", "1\n");
  host_.file("proc/77/cmdline", "/usr/bin/qemu-system-x86_64\0-name\0guest=shop,debug\0"s);
  const Environment environment = read();
  EXPECT_TRUE(warned(environment, "load 2.01 on 4 CPUs"));
  EXPECT_TRUE(warned(environment, "\"performance,powersave\""));
  EXPECT_TRUE(warned(environment, "swap is in use: 5 MiB"));
  EXPECT_TRUE(warned(environment, "KSM"));
  EXPECT_TRUE(warned(environment, "qemu-system-x86_64 (pid 77)"));
  EXPECT_TRUE(warned(environment, "memory is free: 97 MiB"));
}

TEST_F(EnvironmentOf, HalfTheCoresBusyIsNotYetAWarning) {
  quiet_server();
  host_.file("proc/loadavg", "2.00 0.20 0.30 1/89 5507\n");
  EXPECT_FALSE(warned(read(), "busy"));
}

TEST_F(EnvironmentOf, OurOwnGuestsAndFeatureProbesAreNotOthers) {
  quiet_server();
  host_.file("proc/77/cmdline", "/usr/bin/qemu-system-x86_64\0-name\0guest=bench-a1,x\0"s);
  host_.file("proc/78/cmdline", "qemu-system-x86_64\0-machine\0none,accel=tcg\0"s);
  host_.file("proc/79/cmdline", "vim\0qemu-system-x86_64\0"s);
  EXPECT_EQ(at(read().volatile_, "other_guests"), Fact(std::int64_t{0}));
}

TEST(NoiseWarnings, StealAndDisk) {
  HostNoise noise;
  noise.steal = 0.02;
  noise.store_free_bytes = std::int64_t{4} << 30;
  EXPECT_TRUE(noise_warnings(noise, {}).empty());
  noise.steal = 0.05;
  noise.store_free_bytes = std::int64_t{1} << 20;
  const auto warnings = noise_warnings(noise, {});
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].text.find("5 %"), std::string::npos);
  EXPECT_NE(warnings[1].text.find("1 MiB"), std::string::npos);
}

TEST(ReadEnvironment, ThisHostIsKnown) {
  const TimePoint start = Clock::now();
  const Environment environment = read_environment(std::filesystem::temp_directory_path());
  EXPECT_LT(Seconds(Clock::now() - start).count(), 20) << "nothing is waited for";
  for (const char* key : {"arch", "kernel", "cores", "memory_bytes"}) {
    EXPECT_FALSE(std::holds_alternative<std::monostate>(at(environment.fingerprint, key))) << key;
  }
  const auto* steal = std::get_if<double>(&at(environment.volatile_, "steal"));
  ASSERT_TRUE(steal);
  EXPECT_GE(*steal, 0);
  EXPECT_LE(*steal, 1);
}

TEST(HostRows, NameThePackageOfWhatIsMissing) {
  FakeHost host;
  DoctorHost seen{host.root(), [](const std::string& name) { return name != "mke2fs"; }};
  const auto rows = host_rows(host.root(), seen);
  const auto row = [&](const std::string& item) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const DoctorRow& r) { return r.item == item; });
    if (found == rows.end()) throw std::runtime_error("no row " + item);
    return *found;
  };
  EXPECT_EQ(row("mke2fs").status, DoctorStatus::kMissing);
  EXPECT_NE(row("mke2fs").remedy.find("apt-get install e2fsprogs"), std::string::npos);
  EXPECT_EQ(row("mmdebstrap").status, DoctorStatus::kOk);
  EXPECT_EQ(row("load").status, DoctorStatus::kInfo);  // this host has no /proc/loadavg
  EXPECT_EQ(row("kvm device").status, DoctorStatus::kInfo);
  for (const auto& one : rows) {
    if (one.status == DoctorStatus::kWarn || one.status == DoctorStatus::kMissing) {
      EXPECT_FALSE(one.remedy.empty()) << one.item;
    }
  }
}

}  // namespace
}  // namespace bench
