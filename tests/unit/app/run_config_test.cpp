#include "bench/app/run/run_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "bench/base/error.h"
#include "unit/images/temp_dir.h"

namespace bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kNightly = R"(
scenarios = ["startup"]
targets = ["docker", "docker@apps/other"]
rounds = 12
warmup = 0
budget = "30m"
cpus = 2
memory = "1G"
app = "apps/mine"
claims = ["our-claims.json"]
results = "runs"

[retention]
raw_runs = 30
runs = 365

[[export]]
format = "openmetrics"
to = "textfile/"

[[export]]
format = "junit"
to = "/ci/out.xml"
)";

RunConfig config_of(const test::TempDir& dir, const std::string& text,
                    const std::set<std::string>& given = {}, RunOptions options = {}) {
  options.config = dir.write("nightly.toml", text);
  return run_config(options, [&](const std::string& option) { return given.count(option) > 0; });
}

TEST(RunConfig, AListOfTargetsStaysAList) {
  const test::TempDir dir;
  dir.write("apps/a,b/app.py", "");
  const std::string path = (dir.path() / "apps/a,b").string();
  const RunConfig config = config_of(dir, R"(targets = ["docker@apps/a,b", "docker?memory=256M"]
baseline = "docker@a,b"
)");
  EXPECT_THAT(config.options.target.targets, ElementsAre("docker@" + path, "docker?memory=256M"));
  EXPECT_THAT(names_of(parse_targets(config.options.target.targets)),
              ElementsAre("docker@a,b", "docker?memory=256M"));
  EXPECT_EQ(config.options.baseline, "docker@a,b");
  EXPECT_THAT(config_text(config), HasSubstr("docker@" + path + "'")) << "and is printed as one";
}

TEST(RunConfig, SaysWhatTheOptionsSay) {
  const test::TempDir dir;
  dir.write("apps/other/app.py", "");
  const RunConfig config = config_of(dir, kNightly);
  EXPECT_EQ(config.name, "nightly");
  EXPECT_THAT(config.options.scenarios, ElementsAre("startup"));
  EXPECT_EQ(config.options.target.targets,
            (std::vector<std::string>{"docker", "docker@" + (dir.path() / "apps/other").string()}));
  EXPECT_EQ(config.options.rounds, 12);
  EXPECT_EQ(config.options.warmup, 0);
  EXPECT_EQ(config.options.budget, "30m");
  EXPECT_EQ(config.options.target.cpus, 2);
  EXPECT_EQ(config.options.target.memory, "1G");
  EXPECT_EQ(config.options.target.app, dir.path() / "apps/mine");
  EXPECT_EQ(config.options.claims.size(), 1U);
  EXPECT_EQ(config.options.results, dir.path() / "runs");
  EXPECT_EQ(config.retention.raw_runs, 30);
  EXPECT_EQ(config.retention.runs, 365);
  EXPECT_FALSE(config.retention.days);
  ASSERT_EQ(config.exports.size(), 2U);
  EXPECT_EQ(config.exports[0].to, dir.path() / "textfile/bench.prom");
  EXPECT_EQ(config.exports[1].to, "/ci/out.xml");
}

TEST(RunConfig, TheCommandLineWins) {
  const test::TempDir dir;
  dir.write("apps/other/app.py", "");
  RunOptions typed;
  typed.rounds = 3;
  typed.scenarios = {"all"};
  const RunConfig config = config_of(dir, kNightly, {"--rounds", "scenario"}, typed);
  EXPECT_EQ(config.options.rounds, 3);
  EXPECT_THAT(config.options.scenarios, ElementsAre("all"));
  EXPECT_EQ(config.options.budget, "30m");
}

TEST(RunConfig, ARunBesideTheScheduledOnesWritesNoExports) {
  const test::TempDir dir;
  dir.write("apps/other/app.py", "");
  RunOptions typed;
  typed.no_export = true;
  const RunConfig config = config_of(dir, kNightly, {}, typed);
  EXPECT_TRUE(config.exports.empty());
  EXPECT_FALSE(config.retention.given());
  EXPECT_EQ(config.options.rounds, 12);
}

TEST(RunConfig, ItsTextReadsBack) {
  const test::TempDir dir;
  dir.write("apps/other/app.py", "");
  const std::string text = config_text(config_of(dir, kNightly));
  EXPECT_EQ(config_text(config_of(dir, text)), text);
}

TEST(RunConfig, ABuildIsOneOfItsSettings) {
  const test::TempDir dir;
  dir.write("mine/Dockerfile.web", "FROM scratch\n");
  dir.write("Dockerfile.here", "FROM scratch\n");
  const std::string text =
      "scenarios = [\"startup\"]\nbuild = \"mine\"\nbuild_args = [\"A=1\"]\ntarget = \"web\"\nbuilder = "
      "\"podman\"\n";
  const RunConfig config = config_of(dir, text + "dockerfile = \"Dockerfile.web\"\n");
  const OwnBuild& build = config.options.target.build;
  EXPECT_EQ(build.dir, dir.path() / "mine");
  EXPECT_EQ(build.dockerfile, "Dockerfile.web") << "of the directory that is built";
  EXPECT_THAT(build.arguments, ElementsAre("A=1"));
  EXPECT_EQ(build.target, "web");
  EXPECT_EQ(build.builder, "podman");
  const OwnBuild beside = config_of(dir, text + "dockerfile = \"Dockerfile.here\"\n").options.target.build;
  EXPECT_EQ(beside.dockerfile, dir.path() / "Dockerfile.here");
  const OwnBuild again = config_of(dir, config_text(config)).options.target.build;
  EXPECT_EQ(again.target, "web");
  EXPECT_THAT(again.arguments, ElementsAre("A=1"));
}

TEST(RunConfig, WithoutAFileTheOptionsStay) {
  RunOptions typed;
  typed.rounds = 7;
  const RunConfig config = run_config(typed, [](const std::string&) { return false; });
  EXPECT_EQ(config.options.rounds, 7);
  EXPECT_TRUE(config.name.empty());
}

struct Mistake {
  std::string text;
  std::string place;  ///< line and column
  std::string says;
};

TEST(RunConfig, AMistakeIsNamedWithItsPlace) {
  const std::vector<Mistake> mistakes = {
      {"scenarios = [\"startup\"]\nroundz = 3\n", "2:1", "unknown key 'roundz'"},
      {"[retention]\nrun = 3\n", "2:1", "unknown key 'run'"},
      {"[[export]]\nformat = \"junit\"\nfile = \"x\"\n", "3:1", "unknown key 'file'"},
      {"rounds = \"3\"\n", "1:10", "rounds is not a whole number"},
      {"rounds = 3.5\n", "1:10", "rounds is not a whole number"},
      {"rounds = 0\n", "1:10", "from 1"},
      {"rounds = 3\nrounds = 4\n", "2:", "rounds"},
      {"rounds =\n", "1:", ""},
      {"scenarios = \"startup\"\n", "1:13", "scenarios is not a list"},
      {"scenarios = []\n", "1:13", "scenarios is not a list"},
      {"scenarios = [\"sartup\"]\n", "1:13", "unknown scenario 'sartup'"},
      {"targets = [\"dokcer\"]\n", "1:11", "unknown target 'dokcer'"},
      {"memory = \"12 bananas\"\n", "1:10", "12 bananas"},
      {"budget = 30\n", "1:10", "budget is not a text"},
      {"all_rounds = \"yes\"\n", "1:14", "all_rounds is neither true nor false"},
      {"accel = \"warp\"\n", "1:9", "'warp' is no acceleration"},
      {"retention = 3\n", "1:13", "retention is not a table"},
      {"[retention]\nruns = -1\n", "2:8", "runs is not a whole number"},
      {"[[export]]\nformat = \"docx\"\nto = \"x\"\n", "2:10", "'docx' is no export"},
      {"[[export]]\nformat = \"junit\"\n", "1:", "lacks its format or its place"},
      {"[export]\nformat = \"junit\"\n", "1:", "export is not a list"},
  };
  const test::TempDir dir;
  for (const Mistake& mistake : mistakes) {
    // What the command line overrides is checked too.
    for (const std::set<std::string>& given :
         {std::set<std::string>{}, {"--rounds", "--memory", "scenario"}}) {
      try {
        (void)config_of(dir, mistake.text, given);
        ADD_FAILURE() << "not refused: " << mistake.text;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        EXPECT_THAT(error.what(), StartsWith((dir.path() / "nightly.toml").string() + ":" + mistake.place));
        EXPECT_THAT(error.what(), HasSubstr(mistake.says));
        EXPECT_FALSE(error.remedy().empty()) << error.what();
      }
    }
  }
}

TEST(RunConfig, AFileThatIsNotThereIsAMistake) {
  const test::TempDir dir;
  for (const auto& file : {dir.path() / "nothing.toml", dir.path()}) {
    RunOptions options;
    options.config = file;
    try {
      (void)run_config(options, [](const std::string&) { return false; });
      ADD_FAILURE() << "not refused: " << file;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_THAT(error.what(), HasSubstr("cannot read"));
    }
  }
}

}  // namespace
}  // namespace bench
