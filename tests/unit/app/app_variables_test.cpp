#include "bench/app/app_variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "bench/app/targets.h"
#include "bench/base/error.h"
#include "unit/images/temp_dir.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kMachineId = "0123456789abcdef0123456789abcdef\n";

/// What is said against it; empty where nothing is. A value is in no message.
std::string refusal(const std::vector<std::string>& settings, const std::vector<fs::path>& files = {}) {
  try {
    (void)given_variables(settings, files);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    EXPECT_THAT(std::string(error.what()) + error.remedy(), Not(HasSubstr("s3cret")));
    return error.what();
  }
  return {};
}

class Given : public ::testing::Test {
 protected:
  ~Given() override {
    ::unsetenv("FROM_OUTSIDE");
    ::unsetenv("BENCH_ENV_KEY");
  }
  test::TempDir dir_;
};

TEST_F(Given, ASettingHasAValueOrTakesTheOneOfTheEnvironment) {
  ::setenv("FROM_OUTSIDE", "out side", 1);
  EXPECT_EQ(given_variables({"A=1", "B=x=y", "EMPTY=", "FROM_OUTSIDE"}, {}),
            (Variables{{"A", "1"}, {"B", "x=y"}, {"EMPTY", ""}, {"FROM_OUTSIDE", "out side"}}));
}

TEST_F(Given, AFileIsReadAsDockerReadsIt) {
  ::setenv("FROM_OUTSIDE", "outside", 1);
  const auto file = dir_.write(
      "app.env", "\xef\xbb\xbf# settings\r\n\n  A=one two \r\nB=\"quoted\"\n\t# more\nC=x#y\nFROM_OUTSIDE");
  EXPECT_EQ(given_variables({}, {file}),
            (Variables{{"A", "one two "}, {"B", "\"quoted\""}, {"C", "x#y"}, {"FROM_OUTSIDE", "outside"}}));
  const auto second = dir_.write("second.env", "B=2\nC=2\n");
  EXPECT_EQ(given_variables({"C=3"}, {file, second}).at("B"), "2") << "a later file counts";
  EXPECT_EQ(given_variables({"C=3"}, {file, second}).at("C"), "3") << "and the command line before all";
}

TEST_F(Given, WhatNoProgramCanBeGivenIsRefused) {
  EXPECT_THAT(refusal({"=s3cret"}), HasSubstr("--env has no name"));
  EXPECT_THAT(refusal({"A-B=s3cret"}), HasSubstr("'A-B'"));
  EXPECT_THAT(refusal({"1A=s3cret"}), HasSubstr("'1A'"));
  EXPECT_THAT(refusal({std::string("A=s3cret\0x", 10)}), HasSubstr("NUL"));
  EXPECT_THAT(refusal({"A=s3cret\xff"}), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal({"NOT_SET_ANYWHERE"}), HasSubstr("from the environment, which has none"));
  EXPECT_THAT(refusal({"BENCH_NONCE=s3cret"}), HasSubstr("bench's own"));
  EXPECT_THAT(refusal({"A=1", "A=s3cret"}), HasSubstr("--env sets A twice"));
  EXPECT_THAT(refusal({"A=" + std::string(200'000, 'x')}), HasSubstr("200000 bytes"));
  std::vector<std::string> many;
  for (int i = 0; i < 12; ++i) many.push_back("A" + std::to_string(i) + "=" + std::string(100'000, 'x'));
  EXPECT_THAT(refusal(many), HasSubstr("the app's variables have"));
}

TEST_F(Given, BenchsOwnLauncherTakesNoNameThatWouldNotReachTheApp) {
  const auto refused = [](const std::string& name) -> std::string {
    try {
      require_startable({{name, "s3cret"}, {"ZZ", ""}}, "--env");
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), Not(HasSubstr("s3cret")));
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(refused("FLASK_APP"), HasSubstr("--env sets FLASK_APP, by which bench starts the app"));
  EXPECT_THAT(refused("PPID"), HasSubstr("a shell sets itself"));
  EXPECT_EQ(refused("FLASK_ENV"), "");
}

TEST_F(Given, AFileIsRefusedWithTheLineThatIsWrong) {
  EXPECT_THAT(refusal({}, {"/no/such.env"}), HasSubstr("--env-file /no/such.env cannot be read"));
  EXPECT_THAT(refusal({}, {dir_.path()}), HasSubstr("cannot be read"));
  EXPECT_THAT(refusal({}, {dir_.write("a.env", "A=1\n\nB C=s3cret\n")}),
              HasSubstr("a.env:3: names the variable 'B C'"));
  EXPECT_THAT(refusal({}, {dir_.write("b.env", "=s3cret\n")}), HasSubstr("b.env:1: has no name"));
  EXPECT_THAT(refusal({}, {dir_.write("c.env", std::string("A=1\nB=s3cret\0\n", 14))}),
              HasSubstr("c.env:2:"));
  EXPECT_THAT(refusal({}, {dir_.write("twice.env", "A=1\nB=1\nA=s3cret\n")}),
              HasSubstr("twice.env:3: sets A twice"));
  EXPECT_THAT(refusal({}, {dir_.write("d.env", "# x\nA=s3cret\xc3\n")}), HasSubstr("d.env:2:"));
}

TEST_F(Given, ADigestIsTheSameOnOneHostAndSaysNothingElsewhere) {
  dir_.write("etc/machine-id", kMachineId);
  const auto digest = [&](const std::string& value) {
    return digests_of({{"A", value}}, dir_.path()).at("A");
  };
  const std::string yes = digest("yes");
  EXPECT_THAT(yes, ::testing::MatchesRegex("hmac-sha256:[0-9a-f]{32}"));
  EXPECT_EQ(digest("yes"), yes);
  EXPECT_NE(digest("no"), yes);
  EXPECT_NE(digests_of({{"B", "yes"}}, dir_.path()).at("B"), yes) << "nor does it tell that two are equal";
  const test::TempDir other;
  other.write("etc/machine-id", "ffffffffffffffffffffffffffffffff\n");
  EXPECT_NE(digests_of({{"A", "yes"}}, other.path()).at("A"), yes);
  ::setenv("BENCH_ENV_KEY", "a key of sixteen", 1);
  EXPECT_NE(digest("yes"), yes);
  EXPECT_EQ(digests_of({{"A", "yes"}}, other.path()).at("A"), digest("yes")) << "the same key on two hosts";
  ::setenv("BENCH_ENV_KEY", "s3cret", 1);
  EXPECT_THROW((void)digest("yes"), Error) << "too short to keep anything";
  EXPECT_TRUE(digests_of({}, other.path()).empty());
}

TEST_F(Given, ATargetIsNamedByDigests) {
  const std::vector<TargetName> names =
      parse_targets({"docker?env.MODE=s3cret&cpus=2", "docker?env.MODE=other", "docker"});
  EXPECT_THAT(names[0].name, ::testing::MatchesRegex("docker\\?cpus=2&env\\.MODE\\.[0-9a-f]{8}"));
  EXPECT_NE(names[0].name, names[1].name);
  EXPECT_EQ(names[0].env, (Variables{{"MODE", "s3cret"}}));
  EXPECT_EQ(names[2].name, "docker");
  const std::vector<std::string> shown = names_of(names);
  EXPECT_EQ(target_called("docker?cpus=2&env.MODE=s3cret", shown), names[0].name);
  EXPECT_EQ(target_called(names[1].name, shown), names[1].name);
  EXPECT_EQ(target_called("docker", shown), "docker");
  EXPECT_EQ(target_called("docker#9", shown), "docker#9") << "who asks says that there is none";
}

TEST_F(Given, ATargetsVariablesAreHeldToTheSameRules) {
  for (const char* text :
       {"docker?env.=s3cret", "docker?env.A-B=s3cret", "docker?env.BENCH_X=s3cret",
        "docker?env.NOT_SET_ANYWHERE", "docker?env.A=s3cret&env.A=1", "docker?env.A=s3cret%0",
        "docker?env.A=s3cret%00", "docker?env.A=s3cret&nothing=1", "docker?env.A=s3cret@/no/such"}) {
    try {
      (void)parse_targets({text});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << text;
      EXPECT_THAT(std::string(error.what()) + error.remedy(), Not(HasSubstr("s3cret"))) << text;
    }
  }
  EXPECT_EQ(parse_targets({"docker?env.A=a%2Cb%26c%40d%25&env.B="}).front().env,
            (Variables{{"A", "a,b&c@d%"}, {"B", ""}}));
}

}  // namespace
}  // namespace bench
