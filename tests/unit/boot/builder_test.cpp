#include "bench/images/any/builder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "support/directory.h"

namespace bench::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kId = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// Builders that are scripts: what they are told is in a log.
class Builders : public testing::Test {
 protected:
  Builders() {
    const char* path = std::getenv("PATH");
    path_ = path != nullptr ? path : "";
    fs::create_directories(dir.path() / "bin");
    fs::create_directories(dir.path() / "app/sub");
    write_file(dir.path() / "app/Dockerfile", "FROM scratch\n");
    write_file(dir.path() / "app/Other", "FROM scratch\n");
    setenv("PATH", (dir.path() / "bin").c_str(), 1);
  }
  ~Builders() override { setenv("PATH", path_.c_str(), 1); }

  void program(const std::string& name, const std::string& script) const {
    const fs::path file = dir.path() / "bin" / name;
    write_file(file, fmt::format("#!/bin/sh\nPATH={}\necho \"$*\" >>{}\n{}", path_,
                                 (dir.path() / "log").string(), script));
    fs::permissions(file, fs::perms::owner_all);
  }
  [[nodiscard]] OwnBuild build() const {
    OwnBuild build;
    build.dir = dir.path() / "app";
    return build;
  }
  [[nodiscard]] std::string log() const { return file_text(dir.path() / "log"); }

  /// What every one of them does with --iidfile.
  static constexpr const char* kWritesId =
      "while [ $# -gt 0 ]; do [ \"$1\" = --iidfile ] && printf %s \"$ID\" >\"$2\"; shift; done\n";

  Directory dir;
  std::string path_;
  std::vector<std::string> steps;
  std::function<void(const std::string&)> progress = [this](const std::string& step) {
    steps.push_back(step);
  };
};

TEST_F(Builders, WhatMakesNoSenseIsRefused) {
  const auto refused = [](const OwnBuild& build, const std::string& words) {
    try {
      (void)checked_build(build);
      ADD_FAILURE() << words;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(words));
    }
  };
  OwnBuild one = build();
  one.dir = dir.path() / "nowhere";
  refused(one, "nowhere is not a directory");
  one.dir = dir.path() / "app/sub";
  refused(one, "there is no Dockerfile");
  one = build();
  one.dockerfile = "Nothing";
  refused(one, "--dockerfile Nothing is not a file");
  one = build();
  one.arguments = {"A=1", "1=secret"};
  refused(one, "--build-arg 1 is not NAME=VALUE");
  one.arguments = {"A"};
  refused(one, "--build-arg A is not NAME=VALUE");
  one = build();
  one.target = "--privileged";
  refused(one, "--target");
  one = build();
  one.builder = "kaniko";
  refused(one, "--builder 'kaniko'");
}

TEST_F(Builders, TheDockerfileIsFoundThereOrHere) {
  OwnBuild one = build();
  EXPECT_EQ(checked_build(one).dockerfile, dir.path() / "app/Dockerfile");
  EXPECT_EQ(name_of(checked_build(one)), (dir.path() / "app").string());
  one.dockerfile = "Other";
  one.target = "web";
  one.arguments = {"TOKEN=secret"};
  EXPECT_EQ(checked_build(one).dockerfile, dir.path() / "app/Other");
  EXPECT_EQ(name_of(checked_build(one)), (dir.path() / "app").string() + " (Other, target web, TOKEN)");
}

TEST_F(Builders, TheFirstThatIsThereIsTaken) {
  OwnBuild one = build();
  program("buildah", "");
  program("podman", "");
  one.builder = "buildah";
  EXPECT_THAT(builders_here(one), ElementsAre("buildah"));
  one.builder = "docker";
  try {
    // find_program also looks into sbin, where no builder is.
    (void)builders_here(one);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("docker is not installed"));
  }
  one.builder = "auto";
  EXPECT_THAT(builders_here(one), ElementsAre("podman", "buildah"));
}

TEST_F(Builders, DockerBuildsThroughTheDaemonThatIsNamed) {
  program("docker",
          fmt::format("case $2 in\n"
                      "build) ID={} ; echo 'DEPRECATED: noise' >&2; echo 'Step 1/2 : FROM scratch'\n"
                      "echo 'Step 2/2 : COPY a /'\n{};;\n"
                      "image) echo sha256:ffff56789abcdef0 ;;\n"
                      "esac\n[ \"$1\" = --version ] && echo 'Docker version 28.2.2, build e6'\nexit 0\n",
                      kId, kWritesId));
  OwnBuild one = build();
  one.arguments = {"A=1", "B=2 3"};
  one.target = "web";
  const BuiltImage image = build_with_docker(checked_build(one), {"unix:///x.sock", true}, progress, {});
  EXPECT_EQ(image.id, "sha256:ffff56789abcdef0") << "the engine's own number counts";
  EXPECT_EQ(image.name, "bench/image:ffff56789abc");
  EXPECT_EQ(image.builder, "docker 28.2.2 (classic builder)");
  EXPECT_THAT(steps, ElementsAre("build: FROM scratch", "build: COPY a /"));
  EXPECT_THAT(log(), AllOf(HasSubstr("--host=unix:///x.sock build --network=host --file " +
                                     (dir.path() / "app/Dockerfile").string()),
                           HasSubstr("--build-arg A=1 --build-arg B=2 3 --target web " +
                                     (dir.path() / "app").string()),
                           HasSubstr("tag sha256:ffff56789abcdef0 bench/image:ffff56789abc")));
}

TEST_F(Builders, AFailureEndsWithTheBuildersLastLines) {
  program(
      "docker",
      "echo '#5 [2/3] RUN make'\nfor i in 1 2 3; do echo \"line $i\"; done\necho 'no rule' >&2\nexit 4\n");
  try {
    (void)build_with_docker(checked_build(build()), {"unix:///x.sock", false}, progress, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kEngine);
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("docker build of "), HasSubstr("(exit 4)"), HasSubstr("line 3\n  no rule")));
  }
  EXPECT_THAT(steps, ElementsAre("build: [2/3] RUN make"));
  EXPECT_THAT(log(), Not(HasSubstr("--network")));
}

TEST_F(Builders, OthersKeepTheirImagesUnderOurNameAndOnlyTheNewest) {
  std::string listed;
  for (int i = 0; i < 10; ++i) {
    listed += fmt::format("echo 'localhost/bench/image:{0:012x} sha256:{0:012x}ffff'\n", i);
  }
  program("buildah", fmt::format("case $1 in\nbuild) ID={}\necho 'STEP 1/1: FROM scratch'\n{};;\nimages)\n{}"
                                 "echo 'localhost/bench/image:aaaaaaaaaaaa sha256:of another'\n"
                                 "echo 'localhost/user/image:0123456789ab sha256:0123456789ab'\n;;\n"
                                 "--version) echo 'buildah version 1.28.2 (image-spec 1)' ;;\nesac\nexit 0\n",
                                 kId, kWritesId, listed));
  const BuiltImage image = build_in_own_store(checked_build(build()), "buildah", progress, {});
  EXPECT_EQ(image.id, kId);
  EXPECT_EQ(image.name, "bench/image:0123456789ab");
  EXPECT_EQ(image.builder, "buildah 1.28.2");
  EXPECT_THAT(log(),
              AllOf(HasSubstr("tag 0123456789abcdef"), HasSubstr("rmi localhost/bench/image:000000000008"),
                    HasSubstr("rmi localhost/bench/image:000000000009"),
                    Not(HasSubstr("rmi localhost/bench/image:000000000007")), Not(HasSubstr("aaaaaaaaaaaa")),
                    Not(HasSubstr("user/image"))));
  EXPECT_THAT(clean_built_images(), testing::SizeIs(10));
}

}  // namespace
}  // namespace bench::test
