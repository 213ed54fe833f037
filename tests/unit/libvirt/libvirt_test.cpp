#include "bench/config.h"

#if BENCH_HAVE_LIBVIRT

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"
#include "drivers/libvirt/accel.h"
#include "drivers/libvirt/daemon/embed.h"
#include "drivers/libvirt/daemon/reaper.h"
#include "drivers/libvirt/domain/registry.h"
#include "drivers/libvirt/guest.h"
#include "drivers/libvirt/libvirt.h"
#include "support/own_state.h"
#include "support/sleeper.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

using LibvirtTest = OwnState;

using LibvirtAcceleration = LibvirtTest;
using LibvirtRegistry = LibvirtTest;
using LibvirtEmbed = LibvirtTest;
using LibvirtOpening = LibvirtTest;

/// A machine as scripted: which guests boot, and what the others say.
struct ScriptedMachine {
  std::function<BootAttempt(const std::string& type, const GuestCpu& cpu)> answer;
  std::vector<std::string> tried;
  Boot boot() {
    return [this](const std::string& type, const GuestCpu& cpu, Seconds) {
      std::string name = type + " " + (cpu.mode == "custom" ? cpu.model : cpu.mode);
      for (const auto& feature : cpu.disabled) name += " -" + feature;
      tried.push_back(name);
      return answer(type, cpu);
    };
  }
};

const BootAttempt kBoots{true, Seconds(1.2), "user space after 1.2 s"};
const BootAttempt kHangs{false, Seconds(15), "no sign of the kernel within 15 s"};

TEST(LibvirtProof, AHostWhereKvmBootsPaysOneBoot) {
  ScriptedMachine machine{[](auto&, auto&) { return kBoots; }, {}};
  const auto found = prove_acceleration(machine.boot(), false);
  EXPECT_EQ(found.verdict.acceleration, Acceleration::kKvm);
  EXPECT_TRUE(found.verdict.proven);
  EXPECT_EQ(found.domain_type(), "kvm");
  EXPECT_EQ(machine.tried, std::vector<std::string>{"kvm host-passthrough"});
  EXPECT_EQ(prove_acceleration(machine.boot(), true).verdict.acceleration, Acceleration::kNestedKvm);
}

TEST(LibvirtProof, ARefusedFeatureIsSwitchedOff) {
  ScriptedMachine machine{[](auto&, const GuestCpu& cpu) {
                            return cpu.disabled.empty()
                                       ? BootAttempt{false, Seconds(0.2),
                                                     "error: failed to set MSR 0x10a to 0x69"}
                                       : kBoots;
                          },
                          {}};
  const auto found = prove_acceleration(machine.boot(), false);
  EXPECT_EQ(found.verdict.acceleration, Acceleration::kKvm);
  EXPECT_EQ(found.cpu.disabled, std::vector<std::string>{"arch-capabilities"});
}

TEST(LibvirtProof, KvmThatHangsIsTcgOnceTheControlGuestBoots) {
  ScriptedMachine machine{[](const std::string& type, auto&) { return type == "qemu" ? kBoots : kHangs; },
                          {}};
  const auto found = prove_acceleration(machine.boot(), true);
  EXPECT_EQ(found.verdict.acceleration, Acceleration::kTcg);
  EXPECT_EQ(found.domain_type(), "qemu");
  EXPECT_NE(found.verdict.how.find("no sign of the kernel within 15 s"), std::string::npos);
  EXPECT_FALSE(found.verdict.remedy.empty());
  EXPECT_EQ(machine.tried, (std::vector<std::string>{"kvm host-passthrough", "kvm kvm64", "qemu maximum"}));
  const auto warning = acceleration_warning(found.verdict);
  ASSERT_TRUE(warning);
  EXPECT_FALSE(warning->remedy.empty());
}

TEST(LibvirtProof, WhereNothingBootsKvmIsNotBlamed) {
  ScriptedMachine machine{[](auto&, auto&) { return kHangs; }, {}};
  EXPECT_THROW(prove_acceleration(machine.boot(), false), Error);
}

TEST(LibvirtProof, AFeatureThatStaysRefusedDoesNotLoop) {
  const BootAttempt refused{false, Seconds(0.2), "failed to set MSR 0x10a to 0x69"};
  ScriptedMachine machine{[&](const std::string& type, auto&) { return type == "qemu" ? kBoots : refused; },
                          {}};
  EXPECT_EQ(prove_acceleration(machine.boot(), false).verdict.acceleration, Acceleration::kTcg);
  EXPECT_LE(machine.tried.size(), 6U);
}

TEST_F(LibvirtAcceleration, AVerdictIsRememberedForThisMachineOnly) {
  const MachineKey here = machine_key();
  EXPECT_FALSE(remembered_acceleration(here));
  const GuestAcceleration found{{Acceleration::kKvm, true, "booted", ""},
                                {"host-passthrough", "", {"arch-capabilities"}}};
  remember_acceleration(here, found);
  EXPECT_EQ(remembered_acceleration(here), found);
  MachineKey other = here;
  other["kernel"] += "-new";
  EXPECT_FALSE(remembered_acceleration(other));
  remember_acceleration(other, {{Acceleration::kTcg, true, "hung", "x"}, {}});
  EXPECT_EQ(remembered_acceleration(here), found);
}

TEST_F(LibvirtAcceleration, ACorruptMemoryIsForgotten) {
  for (const char* text : {"", "{", "[]", "{\"verdicts\":[1,{\"machine\":3}]}", "{\"verdicts\":{}}"}) {
    std::ofstream(persistent_dir() / "acceleration.json") << text;
    EXPECT_FALSE(remembered_acceleration(machine_key())) << text;
    EXPECT_NO_THROW(remember_acceleration(machine_key(), {{Acceleration::kTcg, true, "a", "b"}, {}})) << text;
    EXPECT_TRUE(remembered_acceleration(machine_key())) << text;
  }
}

TEST_F(LibvirtAcceleration, AskedForEmulationNeedsNoProof) {
  DriverOptions options;
  options.accel = "tcg";
  const auto verdict = acceleration_verdict(options);
  EXPECT_EQ(verdict.acceleration, Acceleration::kTcg);
  EXPECT_FALSE(verdict.proven);
}

TEST_F(LibvirtAcceleration, AnUnknownWishIsAUsageError) {
  DriverOptions options;
  options.accel = "warp";
  EXPECT_THROW(make_libvirt_driver(options), Error);
}

TEST_F(LibvirtRegistry, OnlyNamesOfOursHaveFiles) {
  for (const char* name : {"", "other", "bench-../x", "bench-a/b", "bench-A"}) {
    EXPECT_THROW(instance_files(name), Error) << name;
  }
  EXPECT_NO_THROW(instance_files("bench-a-1"));
}

TEST_F(LibvirtRegistry, RecordsAreFoundAndRemoved) {
  EXPECT_TRUE(recorded_instances().empty());
  DomainSpec spec;
  spec.name = "bench-left";
  spec.owner = {"r", 77, 88};
  const auto files = instance_files(spec.name);
  std::ofstream(files.record) << domain_xml(spec);
  std::ofstream(files.disk) << "x";
  std::ofstream(instance_files("bench-torn").record) << "<dom";
  auto found = recorded_instances();
  ASSERT_EQ(found.size(), 2U);
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.name < b.name; });
  EXPECT_EQ(found[0].owner.pid, 77);
  EXPECT_EQ(found[1].name, "bench-torn");
  remove_instance_files("bench-left");
  remove_instance_files("bench-left");
  EXPECT_FALSE(fs::exists(files.disk));
  EXPECT_EQ(recorded_instances().size(), 1U);
}

TEST_F(LibvirtRegistry, ForeignProcessesAreNotGuests) {
  EXPECT_TRUE(find_guest_processes("bench-nobody").empty());
  EXPECT_TRUE(kill_guest_processes("bench-nobody", Seconds(0)));
}

TEST_F(LibvirtEmbed, TwoAtOnceGetDirectoriesOfTheirOwnAndLeaveNone) {
  fs::path first_dir;
  {
    const EmbedRoot first;
    const EmbedRoot second;
    first_dir = first.dir();
    EXPECT_NE(first.dir(), second.dir());
    EXPECT_TRUE(fs::exists(first.dir() / "etc" / "qemu.conf"));
    EXPECT_TRUE(fs::is_symlink(first.dir() / "cache"));
    remove_dead_embed_roots();
    EXPECT_TRUE(fs::exists(first.dir())) << "removed although it is in use";
  }
  EXPECT_FALSE(fs::exists(first_dir.parent_path()));
}

TEST_F(LibvirtEmbed, ADeadOnesDirectoryIsRemoved) {
  const fs::path dead = state_dir() / "libvirt" / "3";
  fs::create_directories(dead / "run");
  std::ofstream(state_dir() / "libvirt" / "3.lock") << "";
  remove_dead_embed_roots();
  EXPECT_FALSE(fs::exists(dead));
}

/// What libvirt starts to ask QEMU about its abilities, as it looks in /proc.
Sleeper capability_probe(const fs::path& root) {
  const std::string sockets = (root / "lib" / "qemu" / "qmp-Xy12Ab").string();
  return Sleeper({"qemu-system-x86_64", "-S", "-no-user-config", "-nodefaults", "-nographic", "-machine",
                  "none,accel=kvm:tcg", "-qmp", "unix:" + sockets + "/qmp.monitor,server=on,wait=off",
                  "-pidfile", sockets + "/qmp.pid", "-daemonize"});
}

TEST_F(LibvirtEmbed, WhatAKilledRunsLibvirtAskedIsEnded) {
  const fs::path dead = state_dir() / "libvirt" / "0";
  fs::create_directories(dead / "run");
  std::ofstream(state_dir() / "libvirt" / "0.lock") << "";
  const Sleeper probe = capability_probe(dead);
  const Sleeper others = capability_probe("/somewhere" + dead.string());
  {
    const EmbedRoot next;  // the next run takes the same directory
    EXPECT_FALSE(probe.lives());
    const Sleeper own = capability_probe(next.dir());
    EXPECT_EQ(remove_dead_embed_roots(), 0);
    EXPECT_TRUE(own.lives()) << "its run lives";
  }
  EXPECT_TRUE(others.lives());
}

TEST_F(LibvirtEmbed, CleanEndsWhatAKilledRunsLibvirtAsked) {
  const fs::path dead = state_dir() / "libvirt" / "5";
  fs::create_directories(dead / "run");
  std::ofstream(state_dir() / "libvirt" / "5.lock") << "";
  const Sleeper probe = capability_probe(dead);
  EXPECT_EQ(remove_dead_embed_roots(), 1);
  EXPECT_FALSE(probe.lives());
  EXPECT_FALSE(fs::exists(dead));
}

TEST_F(LibvirtEmbed, ATooLongPathIsSaid) {
  ::setenv("BENCH_STATE_DIR", (base_ / std::string(90, 'x')).c_str(), 1);
  try {
    const EmbedRoot root;
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_NE(error.remedy().find("BENCH_STATE_DIR"), std::string::npos);
  }
}

TEST_F(LibvirtEmbed, TheConfigurationAvoidsTheSlowStart) {
  EXPECT_NE(embed_configuration(true).find("user = \"root\""), std::string::npos);
  EXPECT_EQ(embed_configuration(false).find("user ="), std::string::npos);
}

TEST_F(LibvirtOpening, NobodyThereIsUnavailableWithARemedy) {
  DriverOptions options;
  options.connect = "qemu+unix:///system?socket=" + (base_ / "nobody").string();
  const auto driver = make_libvirt_driver(options);
  try {
    driver->info("direct");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_FALSE(error.remedy().empty());
  }
}

TEST_F(LibvirtOpening, AnotherMachineIsRefused) {
  DriverOptions options;
  options.connect = "qemu+ssh://elsewhere/system";
  try {
    make_libvirt_driver(options)->info("direct");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
  }
}

TEST_F(LibvirtOpening, LookingForLeftoversNeedsNoEngine) {
  const auto driver = make_libvirt_driver({});
  std::ofstream(instance_files("bench-left").record) << "<domain/>";
  const auto found = driver->owned();
  ASSERT_EQ(found.size(), 1U);
  driver->remove(found[0].id);
  EXPECT_TRUE(driver->owned().empty());
  EXPECT_FALSE(driver->engine_in_process());
}

/// A detached grandchild with that name in /proc/PID/comm, which ends at once.
pid_t detached(const char* name) {
  int link[2];
  EXPECT_EQ(::pipe(link), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();  // as who detaches does
    const pid_t grandchild = ::fork();
    if (grandchild == 0) {
      ::prctl(PR_SET_NAME, name);
      ::usleep(50'000);
      ::_exit(0);
    }
    (void)!::write(link[1], &grandchild, sizeof grandchild);
    ::_exit(0);
  }
  pid_t grandchild = 0;
  EXPECT_EQ(::read(link[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  ::close(link[0]);
  ::close(link[1]);
  ::waitpid(child, nullptr, 0);
  return grandchild;
}

TEST(LibvirtReaper, ADetachedQemuThatEndsLeavesNoZombie) {
  const QemuAdoption adoption;
  const pid_t qemu = detached("qemu-system-x86");
  const Deadline patience(Seconds(2));
  while (process_start_time(qemu) && !patience.expired()) ::usleep(2'000);
  EXPECT_FALSE(process_start_time(qemu));
}

TEST(LibvirtReaper, OthersChildrenStayTheirs) {
  const QemuAdoption adoption;
  const pid_t other = detached("something");
  ::usleep(100'000);
  EXPECT_EQ(::waitpid(other, nullptr, 0), other);
}

TEST(LibvirtReaper, AQemuThatSomebodyHereWaitsForStaysTheirs) {
  const QemuAdoption adoption;
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NAME, "qemu-img");
    ::usleep(20'000);
    ::_exit(7);
  }
  ::usleep(150'000);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child) << "its end was taken away";
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(LibvirtReaper, OrphansAreLeftAloneAfterwards) {
  { const QemuAdoption adoption; }
  int adopts = -1;
  ::prctl(PR_GET_CHILD_SUBREAPER, &adopts);
  EXPECT_EQ(adopts, 0);
}

TEST(LibvirtPort, TwoReservationsNeverCollide) {
  const ReservedPort one;
  const ReservedPort two;
  EXPECT_NE(one.number(), 0);
  EXPECT_NE(one.number(), two.number());
}

}  // namespace
}  // namespace bench

#endif
