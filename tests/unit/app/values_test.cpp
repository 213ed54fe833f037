#include "bench/app/values.h"

#include <gtest/gtest.h>

#include <regex>

#include "bench/app/targets.h"
#include "bench/base/error.h"
#include "bench/config.h"

namespace bench {
namespace {

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kIo;
}

TEST(Values, BytesHaveBinaryUnits) {
  EXPECT_EQ(parse_bytes("512M", "--memory"), 512LL << 20U);
  EXPECT_EQ(parse_bytes("512m", "--memory"), 512LL << 20U);
  EXPECT_EQ(parse_bytes("1.5GiB", "--memory"), 1536LL << 20U);
  EXPECT_EQ(parse_bytes("4096", "--memory"), 4096);
  for (const char* wrong :
       {"", "M", "-1M", "0", "12 bananas", "1M2", "nan", "inf", "1e400", "1e30", "0x10"}) {
    EXPECT_EQ(code_of([&] { parse_bytes(wrong, "--memory"); }), ErrorCode::kUsage) << wrong;
  }
}

TEST(Values, DurationsHaveTheUsualUnits) {
  EXPECT_DOUBLE_EQ(parse_duration("90", "--budget").count(), 90);
  EXPECT_DOUBLE_EQ(parse_duration("90s", "--budget").count(), 90);
  EXPECT_DOUBLE_EQ(parse_duration("10m", "--budget").count(), 600);
  EXPECT_DOUBLE_EQ(parse_duration("1.5h", "--budget").count(), 5400);
  for (const char* wrong : {"", "m", "-3m", "0s", "5 days", "inf", "nan", "1e999", "1e300", "9000h"}) {
    EXPECT_EQ(code_of([&] { parse_duration(wrong, "--budget"); }), ErrorCode::kUsage) << wrong;
  }
}

TEST(Values, TheNearestWordIsAtMostTwoLettersAway) {
  const std::vector<std::string> known = {"startup", "memory", "md", "html"};
  EXPECT_EQ(did_you_mean("sartup", known), "did you mean 'startup'? ");
  EXPECT_EQ(did_you_mean("memroy", known), "did you mean 'memory'? ");
  EXPECT_EQ(did_you_mean("--traget", {"--baseline", "--targets"}), "did you mean '--targets'? ")
      << "two letters changed places, and one is missing";
  EXPECT_EQ(did_you_mean("disk", known), "");
  EXPECT_EQ(did_you_mean("x", known), "") << "a word of two letters is near to everything";
  EXPECT_EQ(did_you_mean("", known), "");
  EXPECT_EQ(one_of(known)("html"), "");
  EXPECT_EQ(one_of(known)("htm"), "'htm' is none of startup, memory, md, html; did you mean 'html'?");
  EXPECT_EQ(one_of(known)("docx"), "'docx' is none of startup, memory, md, html");
}

TEST(Values, TheTimeIsUtcAsTheStoredRunWritesIt) {
  EXPECT_TRUE(std::regex_match(utc_now(), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"))) << utc_now();
  EXPECT_TRUE(std::regex_match(utc_now_compact(), std::regex(R"(\d{8}T\d{6}Z)")));
}

TEST(Targets, AreDriverAndProfileAndUnique) {
  const auto names = parse_targets({"docker", "docker", "docker"});
  ASSERT_EQ(names.size(), 3U);
  EXPECT_EQ(names[0].name, "docker");
  EXPECT_EQ(names[1].name, "docker#2");
  EXPECT_EQ(names[2].name, "docker#3");
  EXPECT_EQ(code_of([] { parse_targets({"docker:fast"}); }), ErrorCode::kUsage);
  EXPECT_EQ(code_of([] { parse_targets({"dokcer"}); }), ErrorCode::kUsage);
  EXPECT_EQ(code_of([] { parse_targets({""}); }), ErrorCode::kUsage);
  EXPECT_EQ(code_of([] { parse_targets({"docker", "", "docker"}); }), ErrorCode::kUsage);
}

std::string remedy_of(const std::string& target) {
  try {
    parse_targets({target});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << target;
    return error.remedy();
  }
  return "no error";
}

TEST(Targets, HaveTheParametersThatTheirDriverDeclares) {
  const auto names = parse_targets({"docker?memory=256M&cpus=1", "docker?cpus=1&memory=256M"});
  EXPECT_EQ(names[0].name, "docker?cpus=1&memory=256M");
  EXPECT_EQ(names[1].name, "docker?cpus=1&memory=256M#2") << "written in another order, it is the same";
  EXPECT_EQ(names[0].spec.parameters, (Parameters{{"cpus", "1"}, {"memory", "256M"}}));

  EXPECT_EQ(remedy_of("docker?cpsu=1"), "did you mean 'cpus'? its parameters: cpus, memory");
  EXPECT_EQ(remedy_of("docker?accel=tcg"), "its parameters: cpus, memory")
      << "a container has no acceleration";
  for (const char* wrong : {"docker?cpus=0", "docker?cpus=-1", "docker?cpus=two", "docker?cpus=513",
                            "docker?memory=12", "docker?memory=much", "docker?memory=1M"}) {
    EXPECT_NE(remedy_of(wrong), "no error") << wrong;
  }
}

#if BENCH_HAVE_LIBVIRT
TEST(Targets, AVmsParametersAreThoseOfItsDriver) {
  EXPECT_EQ(parse_targets({"libvirt?accel=tcg"}).front().name, "libvirt:direct?accel=tcg");
  EXPECT_EQ(remedy_of("libvirt:direct?accel=tgc"), "did you mean 'tcg'? one of auto, kvm, tcg");
  EXPECT_EQ(remedy_of("libvirt:direct?acel=tcg"),
            "did you mean 'accel'? its parameters: accel, cpus, memory");
}
#endif

TEST(Targets, AnUnknownBaselineNamesThoseThatThereAre) {
  EXPECT_NO_THROW(require_baseline("", {"docker"}));
  EXPECT_NO_THROW(require_baseline("docker", {"docker"}));
  try {
    require_baseline("libvirt:dierct", {"docker", "libvirt:direct"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_EQ(std::string(error.remedy()),
              "did you mean 'libvirt:direct'? its targets: docker, libvirt:direct");
  }
}

TEST(Targets, MayHaveAnAppOfTheirOwn) {
  const std::string apps = std::filesystem::canonical(BENCH_TEST_DIR "/../backend/truths").string() + "/";
  const auto names = parse_targets(
      {"docker", "docker@" + apps + "plain", "docker@" + apps + "plain/", "docker@" + apps + "delay"});
  ASSERT_EQ(names.size(), 4U);
  EXPECT_EQ(names[0].spec.app, "");
  EXPECT_EQ(names[1].name, "docker@plain");
  EXPECT_EQ(names[2].name, "docker@plain#2");
  EXPECT_EQ(names[3].name, "docker@delay");
  EXPECT_TRUE(names[3].spec.app.ends_with("/truths/delay"));

  ImageRequest common;
  common.app = "/the/runs/own";
  const auto requests = image_requests(names, common);
  ASSERT_EQ(requests.size(), 3U) << "the run's app, plain and delay";
  EXPECT_EQ(requests.at("").app, "/the/runs/own");
  EXPECT_EQ(requests.at(names[1].spec.app).app, names[1].spec.app);
  EXPECT_EQ(requests.at("").artefacts, std::set<Artefact>{Artefact::kContainerArchive})
      << "nothing is built that no target needs";

  EXPECT_EQ(code_of([] { parse_targets({"docker@/does/not/exist"}); }), ErrorCode::kUsage);
  EXPECT_EQ(code_of([] { parse_targets({"docker@"}); }), ErrorCode::kUsage);
}

TEST(Targets, AnEnginesNameAloneIsItsFirstProfile) {
  for (const DriverRow& row : driver_table()) {
    if (!row.built) continue;
    EXPECT_EQ(parse_targets({row.name}).front().spec.profile, row.profiles.front().name);
  }
}

// In a build that has both, no driver is left out.
#if !BENCH_HAVE_DOCKER || !BENCH_HAVE_LIBVIRT
TEST(Targets, ADriverThatWasLeftOutIsSaidSo) {
  for (const DriverRow& row : driver_table()) {
    if (row.built) continue;
    EXPECT_FALSE(row.left_out.empty());
    EXPECT_EQ(code_of([&] { parse_targets({row.name}); }), ErrorCode::kUnavailable);
  }
}
#endif

std::optional<Warning> cannot(const DriverOptions&) {
  return Warning{"this QEMU cannot", "measure something else"};
}

TEST(Targets, WhatThisHostCannotDoIsLeftOutOrRefused) {
  DriverRow container, vm;
  container.name = "c";
  vm.name = "v";
  vm.obstacle = cannot;
  OpenRequest both;
  both.names = {{"c", &container, {}}, {"v:a", &vm, {}}, {"v:b", &vm, {}}};
  OpenRequest chosen = both;
  leave_out_impossible(chosen, false);
  ASSERT_EQ(chosen.names.size(), 1U);
  EXPECT_EQ(chosen.names[0].name, "c");
  ASSERT_EQ(chosen.warnings.size(), 1U) << "once for each driver";
  EXPECT_EQ(chosen.warnings[0].text, "v is left out: this QEMU cannot");
  EXPECT_EQ(chosen.warnings[0].remedy, "measure something else");
  OpenRequest named = both;
  EXPECT_EQ(code_of([&] { leave_out_impossible(named, true); }), ErrorCode::kUnavailable);
  OpenRequest nothing;
  nothing.names = {{"v:a", &vm, {}}};
  EXPECT_EQ(code_of([&] { leave_out_impossible(nothing, false); }), ErrorCode::kUnavailable);
  OpenRequest possible;
  possible.names = {{"c", &container, {}}};
  leave_out_impossible(possible, true);
  EXPECT_EQ(possible.names.size(), 1U);
}

TEST(Owner, LivesAsLongAsItsProcess) {
  Ownership self = own_ownership("run");
  EXPECT_TRUE(owner_lives(self));
  ++self.pid_start;
  EXPECT_FALSE(owner_lives(self)) << "the same pid, another process";
  EXPECT_FALSE(owner_lives({"run", 0x3fffffff, 1}));
}

}  // namespace
}  // namespace bench
