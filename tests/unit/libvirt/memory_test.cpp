#include "bench/config.h"

#if BENCH_HAVE_LIBVIRT

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/base/paths.h"
#include "drivers/finding.h"
#include "drivers/libvirt/accel.h"
#include "drivers/libvirt/daemon/daemon_memory.h"
#include "drivers/libvirt/domain/registry.h"
#include "drivers/libvirt/libvirt.h"
#include "support/own_state.h"
#include "support/sleeper.h"

namespace bench {
namespace {

using LibvirtMemory = OwnState;

TEST_F(LibvirtMemory, AFindingExpires) {
  const MachineKey here = machine_key();
  remember_acceleration(here, {{Acceleration::kTcg, true, "hung", "x"}, {}});
  const std::filesystem::path file = persistent_dir() / "acceleration.json";
  const auto written = nlohmann::json::parse(std::ifstream(file));
  const auto aged = [&](const nlohmann::json& found_at) {
    auto json = written;
    json["verdicts"][0]["found_at"] = found_at;
    write_file_atomically(file, json.dump());
    return remembered_acceleration(here).has_value();
  };
  constexpr std::int64_t kDay = 86400;
  EXPECT_TRUE(aged(finding_time() - 29 * kDay));
  EXPECT_FALSE(aged(finding_time() - 30 * kDay));
  EXPECT_FALSE(aged(finding_time() + kDay)) << "a clock that was set back";
  for (const nlohmann::json& odd : {nlohmann::json(), nlohmann::json("yesterday"), nlohmann::json(-1)}) {
    EXPECT_FALSE(aged(odd)) << odd;
  }
  EXPECT_TRUE(aged(finding_time()));
  forget_acceleration();
  EXPECT_FALSE(remembered_acceleration(here));
}

TEST_F(LibvirtMemory, AFindingThatMayPassIsShownAndNotReliedOn) {
  const MachineKey here = machine_key();
  const GuestAcceleration found{{Acceleration::kTcg, true, "KVM is busy", "x"}, {}};
  remember_acceleration(here, found, Finding::kMayPass);
  EXPECT_FALSE(remembered_acceleration(here)) << "the next run tries again";
  EXPECT_EQ(last_acceleration(here), found);
  EXPECT_EQ(remembered_age(here), "found today; it may pass, so the next run tries again");
  remember_acceleration(here, found);
  EXPECT_EQ(remembered_acceleration(here), found);
  EXPECT_EQ(remembered_age(here), "found today");
}

TEST_F(LibvirtMemory, ADaemonThatWasSlowOnceIsTriedAgainAfterAMonth) {
  const std::string daemon = "qemu:///system libvirt 9000000, images in /x, kernel 6.1";
  EXPECT_FALSE(remembered_start(daemon));
  remember_start(daemon, Seconds(76), true);
  EXPECT_FALSE(remembered_start(daemon)) << "the host was busy: that says nothing about the daemon";
  remember_start(daemon, Seconds(76), false);
  EXPECT_EQ(remembered_start(daemon), Seconds(76));
  EXPECT_FALSE(remembered_start(daemon + "2")) << "another kernel";
  const std::filesystem::path file = persistent_dir() / "libvirt-daemons.json";
  const auto aged = [&](const nlohmann::json& found_at) {
    write_file_atomically(file, nlohmann::json{{daemon, {{"seconds", 76}, {"found_at", found_at}}}}.dump());
    return remembered_start(daemon).has_value();
  };
  constexpr std::int64_t kDay = 86400;
  EXPECT_TRUE(aged(finding_time() - 29 * kDay));
  EXPECT_EQ(remembered_daemons(),
            std::vector<std::string>{"qemu:///system starts an empty guest in 76.0 s; found 29 days ago"});
  EXPECT_FALSE(aged(finding_time() - 30 * kDay));
  EXPECT_TRUE(remembered_daemons().empty()) << "what no longer counts is not shown either";
  EXPECT_FALSE(aged(nlohmann::json())) << "of an earlier version, without a date";
  remember_start("qemu:///session", Seconds(0.5), true);
  EXPECT_EQ(remembered_start("qemu:///session"), Seconds(0.5)) << "quick on a busy host is quick";
  EXPECT_FALSE(nlohmann::json::parse(std::ifstream(file)).contains(daemon)) << "what has expired goes";
  for (const char* text : {"", "[]", "{", R"({"d": 7})", R"({"d": {"found_at": 1790000000}})"}) {
    write_file_atomically(file, text);
    EXPECT_FALSE(remembered_start("d")) << text;
  }
  forget_daemons();
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(LibvirtMemory, AVerdictOfAnEarlierVersionIsFoundOutAgain) {
  std::ofstream(cache_dir() / "acceleration.json") << nlohmann::json{
      {"verdicts",
       {{{"machine", machine_key()},
         {"acceleration", "tcg"},
         {"proven", true},
         {"how", "hung"},
         {"remedy", ""},
         {"cpu", {{"mode", "maximum"}, {"model", ""}, {"disabled", nlohmann::json::array()}}}}}}};
  EXPECT_FALSE(remembered_acceleration(machine_key())) << "it has no date";
}

TEST(LibvirtMayPass, WhatMayPassIsNotRemembered) {
  const auto because = [](const std::string& why, Seconds control = Seconds(5)) {
    return GuestAcceleration{
        {Acceleration::kTcg, true, "KVM boots no guest here: CPU host-passthrough: " + why, ""}, {}, control};
  };
  for (const char* why : {"QEMU: ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy",
                          "QEMU: cannot set up guest memory 'pc.ram': Cannot allocate memory",
                          "Could not access KVM kernel module: Permission denied"}) {
    EXPECT_TRUE(may_pass(because(why), false)) << why;
  }
  const std::string hung = "no sign of the kernel within 15 s";
  EXPECT_TRUE(may_pass(because(hung, Seconds(20)), true));
  EXPECT_FALSE(may_pass(because(hung, Seconds(20)), false));
  EXPECT_FALSE(may_pass(because(hung), true)) << "emulated it was quick enough: the load is not to blame";
  EXPECT_FALSE(may_pass(because("QEMU: failed to set MSR 0x10a"), true));
  EXPECT_FALSE(may_pass({{Acceleration::kKvm, true, "a guest booted within 1 s", ""}, {}}, true));
}

TEST(Finding, SaysItsAgeInDays) {
  using std::chrono::hours;
  EXPECT_EQ(age_in_words(hours(23)), "found today");
  EXPECT_EQ(age_in_words(hours(47)), "found 1 day ago");
  EXPECT_EQ(age_in_words(hours(24 * 12)), "found 12 days ago");
}

TEST_F(LibvirtMemory, AGuestsNameTellsItsOwner) {
  EXPECT_EQ(owner_in_name("bench-77-3"), 77);
  EXPECT_EQ(owner_in_name("bench-proof-78-123456"), 78);
  EXPECT_EQ(owner_in_name("bench-trial-79"), 79);
  for (const char* name : {"", "bench-", "bench-x", "other-77-3", "bench-proof-", "bench-77x-1", "bench-0-1",
                           "bench--5", "bench-99999999999-1", "x-bench-77-3"}) {
    EXPECT_FALSE(owner_in_name(name)) << name;
  }
}

TEST_F(LibvirtMemory, AGuestWhoseOwnerIsDeadIsFoundWithoutARecord) {
  const auto guest = [](const std::string& name) {
    return Sleeper({"qemu-system-x86_64", "-name", "guest=" + name + ",debug-threads=on"});
  };
  pid_t dead = fork();
  if (dead == 0) _exit(0);
  waitpid(dead, nullptr, 0);
  const std::string left = "bench-" + std::to_string(dead) + "-1";
  const Sleeper orphan = guest(left);
  const Sleeper living = guest("bench-" + std::to_string(getpid()) + "-1");
  const Sleeper foreign = guest("vm-" + std::to_string(dead) + "-1");
  std::vector<std::string> names;
  for (const auto& found : orphaned_guests()) names.push_back(found.name);
  EXPECT_EQ(std::count(names.begin(), names.end(), left), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "bench-" + std::to_string(getpid()) + "-1"), 0);
  EXPECT_EQ(std::count(names.begin(), names.end(), "vm-" + std::to_string(dead) + "-1"), 0);
  EXPECT_TRUE(kill_guest_processes(left, Seconds(30)));
  EXPECT_FALSE(orphan.lives());
  EXPECT_TRUE(living.lives() && foreign.lives());
}

}  // namespace
}  // namespace bench

#endif
