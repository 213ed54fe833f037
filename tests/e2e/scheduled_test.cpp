#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A job that nobody watches: its configuration, what it leaves, how it ends.

std::string write_config(const World& world, const std::string& text) {
  const fs::path file = world.scratch() / "nightly.toml";
  std::ofstream(file) << text;
  return file.string();
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

TEST(Cli, AConfigurationIsCheckedAndShownWithoutMeasuring) {
  World world;
  const std::string config = write_config(world, "scenarios = [\"startup\"]\nrounds = 12\n");
  const Outcome shown = world.bench({"run", "--config", config, "--rounds", "5", "--print-config"}, 20);
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("rounds = 5\n"));  // the command line wins
  EXPECT_THAT(shown.err, IsEmpty());

  const Outcome wrong = world.bench({"run", "--config", write_config(world, "\nroundz = 12\n")}, 20);
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("nightly.toml:2:1: unknown key 'roundz'"));
  EXPECT_THAT(wrong.out, IsEmpty());
}

TEST(Cli, AnExportThatCannotBeWrittenIsSaidBeforeAnythingRuns) {
  World world;
  std::ofstream(world.scratch() / "file") << "in the way";
  const std::string config = write_config(
      world,
      "scenarios = [\"startup\"]\nresults = \"runs\"\n[[export]]\nformat = \"junit\"\nto = \"file/x\"\n");
  const Outcome outcome = world.bench({"run", "--config", config}, 20);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("junit"), HasSubstr("remedy: ")));
  EXPECT_FALSE(fs::exists(world.scratch() / "runs"));
}

TEST(Scheduled, RunsExportsAndForgets) {
  World world;
  const std::string config =
      write_config(world,
                   "scenarios = [\"startup\"]\ntargets = [\"docker\"]\nrounds = 1\nwarmup = 0\n"
                   "results = \"runs\"\n[retention]\nruns = 1\n"
                   "[[export]]\nformat = \"openmetrics\"\nto = \"textfile/\"\n"
                   "[[export]]\nformat = \"junit\"\nto = \"ci/junit.xml\"\n");
  for (int night = 1; night <= 2; ++night) {
    const Outcome outcome = world.bench({"run", "--config", config});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(last_line(outcome.err),
                AllOf(HasSubstr("run stored in "), HasSubstr(": complete, 1 of 1 round, 1 target")));
    EXPECT_THAT(outcome.err + outcome.out, Not(HasSubstr("\x1b")));
    if (night == 2) {
      EXPECT_THAT(outcome.err, HasSubstr("removed by the rules of retention: "));
    }
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(world.scratch() / "runs"), fs::directory_iterator()), 1);
  EXPECT_THAT(file_text(world.scratch() / "textfile/bench.prom"),
              AllOf(HasSubstr("bench_run_complete{config=\"nightly\"} 1"), HasSubstr("\n# EOF\n")));
  EXPECT_THAT(file_text(world.scratch() / "ci/junit.xml"), HasSubstr("name=\"docker\""));

  // A night in which nothing could begin shows up as such, not as last night's figures.
  const Outcome broken = world.bench({"run", "--config", config, "--base", "registry.invalid/no:such"});
  EXPECT_EQ(broken.exit_code, 3);
  EXPECT_THAT(file_text(world.scratch() / "textfile/bench.prom"),
              AllOf(HasSubstr("bench_run_complete{config=\"nightly\"} 0"), Not(HasSubstr("median"))));
  EXPECT_THAT(file_text(world.scratch() / "ci/junit.xml"),
              AllOf(HasSubstr("errors=\"1\""), HasSubstr("failures=\"0\"")));
}

TEST(Scheduled, TheSecondOfTwoLeavesTheFirstAlone) {
  World world;
  const std::string config = write_config(
      world, "scenarios = [\"startup\"]\ntargets = [\"docker\"]\nrounds = 3\nresults = \"runs\"\n");
  auto first = world.start({"run", "--config", config});
  Outcome second;
  // The first takes its lock within moments; until then the second one would be the first.
  for (int tries = 0; tries < 200 && !fs::exists(world.state() / "run.lock"); ++tries) usleep(20'000);
  second = world.bench({"run", "--config", config}, 60);
  EXPECT_EQ(second.exit_code, 3);
  EXPECT_THAT(second.err, AllOf(HasSubstr("another bench is measuring on this machine (process "),
                                HasSubstr("run --config"), HasSubstr("nothing was measured")));
  EXPECT_EQ(first->wait(300).exit_code, 0);
}

}  // namespace
}  // namespace bench::e2e
