#include "bench/core/target.h"

#include <gtest/gtest.h>

#include <optional>

#include "bench/base/error.h"

namespace bench {
namespace {

std::optional<ErrorCode> refusal(const std::string& text) {
  try {
    (void)parse_target(text);
  } catch (const Error& error) {
    EXPECT_FALSE(error.remedy().empty()) << text;
    return error.code();
  }
  return std::nullopt;
}

TEST(TargetSpecs, AreReadAndWrittenInOneForm) {
  for (const char* text :
       {"docker", "libvirt:direct", "libvirt:direct?accel=tcg", "libvirt?accel=tcg&cpus=2&memory=1G",
        "docker@apps/other", "docker?cpus=2@/a,b/with @ and ?x=y&z", "libvirt:full?machine=q35@app"}) {
    EXPECT_EQ(to_text(parse_target(text)), text);
  }
  const TargetSpec spec = parse_target("libvirt:direct?cpus=2&accel=tcg@/a,b@c");
  EXPECT_EQ(spec, (TargetSpec{"libvirt", "direct", {{"accel", "tcg"}, {"cpus", "2"}}, "/a,b@c"}));
  EXPECT_EQ(to_text(spec), "libvirt:direct?accel=tcg&cpus=2@/a,b@c")
      << "one order, so one name and one history";
}

TEST(TargetSpecs, AVariableHasAnyValueAndNoneInWriting) {
  const TargetSpec spec = parse_target("docker?cpus=2&env.A=x=y?%2C%40%26%25 z&env.B&env.C=@dir");
  EXPECT_EQ(spec.env, (std::map<std::string, std::optional<std::string>>{
                          {"A", "x=y?,@&% z"}, {"B", std::nullopt}, {"C", ""}}));
  EXPECT_EQ(spec.parameters, (Parameters{{"cpus", "2"}}));
  EXPECT_EQ(spec.app, "dir");
  EXPECT_EQ(to_text(spec), "docker?cpus=2&env.A&env.B&env.C@dir");
  EXPECT_EQ(to_text(parse_target("docker?env.A=1")), "docker?env.A");
  for (const char* text : {"docker?env.=1", "docker?env.A-B=1", "docker?env.A=1&env.A=2", "docker?env.A=%2",
                           "docker?env.A=%zz", "docker?env.A=%-1"}) {
    EXPECT_EQ(refusal(text), ErrorCode::kUsage) << text;
  }
}

TEST(TargetSpecs, WhatIsNotOfTheFormIsAUsageError) {
  for (const char* text : {"",
                           ":",
                           ":direct",
                           "libvirt:",
                           "?cpus=2",
                           "docker?",
                           "docker?cpus",
                           "docker?cpus=",
                           "docker?=2",
                           "docker?cpus=2&",
                           "docker?&cpus=2",
                           "docker?cpus=2&&memory=1G",
                           "docker?cpus=2&cpus=2",
                           "docker?a=b=c",
                           "docker?cpus=2?memory=1G",
                           "docker@",
                           "@dir",
                           "docker:a:b",
                           "dock er",
                           "docker\n",
                           "docker:\x1b[31m",
                           "docker?cpus=\t2",
                           "docker?k/ey=1",
                           "../docker",
                           "docker?cpus=2;rm",
                           "d\xc3\xb6"
                           "cker"}) {
    EXPECT_EQ(refusal(text), ErrorCode::kUsage) << text;
  }
  EXPECT_EQ(refusal(std::string("docker\0x", 8)), ErrorCode::kUsage);
}

TEST(TargetSpecs, ACommandLineSeparatesThemByCommas) {
  EXPECT_EQ(split_targets({"docker,libvirt:direct", "docker"}),
            (std::vector<std::string>{"docker", "libvirt:direct", "docker"}));
  EXPECT_EQ(split_targets({""}), std::vector<std::string>{""});
  EXPECT_EQ(split_targets({"docker,"}), (std::vector<std::string>{"docker", ""}));
  EXPECT_TRUE(split_targets({}).empty());
}

TEST(Traits, OfAnOldRunAreThoseOfTheTwoDriversThatThereWere) {
  const Traits container = traits_of_old_run(Kind::kContainer, Acceleration::kNone, "");
  EXPECT_EQ(container.kernel, KernelOf::kHost);
  EXPECT_EQ(container.boundary, Boundary::kNamespaces);
  EXPECT_TRUE(container.roles.contains("shim"));
  const Traits direct = traits_of_old_run(Kind::kVm, Acceleration::kTcg, "direct");
  EXPECT_EQ(direct.kernel, KernelOf::kOwn);
  EXPECT_EQ(direct.boundary, Boundary::kEmulated);
  EXPECT_FALSE(direct.polite_stop);
  EXPECT_TRUE(traits_of_old_run(Kind::kVm, Acceleration::kKvm, "full").polite_stop);
  EXPECT_EQ(traits_of_old_run(Kind::kVm, Acceleration::kKvm, "full").boundary, Boundary::kHardware);
}

TEST(Traits, SayWhatPeopleCallATarget) {
  EXPECT_EQ(family_words(container_traits()), "container");
  EXPECT_EQ(family_words(vm_traits(Acceleration::kTcg, true)), "VM");
  EXPECT_EQ(family_words({}), "process") << "the host itself";
  Traits user_space = container_traits();
  user_space.kernel = KernelOf::kUserSpace;
  user_space.boundary = Boundary::kUserSpaceKernel;
  EXPECT_EQ(family_of(user_space), Kind::kContainer);
  Traits in_a_process = vm_traits(Acceleration::kNone, true);
  in_a_process.boundary = Boundary::kProcessKernel;
  EXPECT_EQ(family_of(in_a_process), Kind::kVm) << "a kernel of its own, without a machine";
}

}  // namespace
}  // namespace bench
