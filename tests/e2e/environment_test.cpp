#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "e2e/harness.h"
#include "e2e/traces.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string wants() {
  return std::string(BENCH_TEST_DIR) + "/fixtures/apps/wants";
}

TEST(Environment, AVariableReachesTheAppInBothWorldsAndLeavesNoTrace) {
  World world;
  world.env["CANARY"] = kCanary;
  const auto since = fs::file_time_type::clock::now();
  const auto run = world.start({"run", "startup", "--verbose", "--app", wants(), "--rounds", "1", "--warmup",
                                "0", "--env", "CANARY", "--targets", "docker,libvirt:direct?env.MODE=lean",
                                "--out", world.results().string()});
  const Watched watched = wait_and_watch(*run, 580);
  const Outcome& outcome = watched.outcome;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(watched.traces, IsEmpty()) << "in the list of processes";
  EXPECT_FALSE(has_trace(outcome.out + outcome.err));
  EXPECT_THAT(traces_of_a_run(world, since), IsEmpty());

  const json stored = world.run();
  EXPECT_THAT(stored.at("failures"), IsEmpty()) << "each app had its value to the last byte";
  const json &container = stored.at("targets").at(0).at("env"), &vm = stored.at("targets").at(1).at("env");
  EXPECT_EQ(container.at("CANARY"), vm.at("CANARY"));
  EXPECT_THAT(container.at("CANARY").get<std::string>(), HasSubstr("hmac-sha256:"));
  EXPECT_FALSE(container.contains("MODE"));
  EXPECT_TRUE(vm.contains("MODE"));
  EXPECT_THAT(outcome.out, HasSubstr("variable CANARY"));
  EXPECT_THAT(world.leftovers(), IsEmpty());
}

TEST(Environment, AnAppThatLacksOneEndsWithItsConsolesLastLinesAndTheWayToGiveIt) {
  World world;
  int count = 0;
  const auto lacking = [&](const std::string& target, const std::vector<std::string>& more) {
    std::vector<std::string> command = {
        "run",       "startup",
        "--app",     wants(),
        "--rounds",  "1",
        "--warmup",  "0",
        "--targets", target,
        "--timeout", target == "docker" ? "15s" : "60s",
        "--out",     (world.scratch() / fmt::format("lacks{}", ++count)).string()};
    command.insert(command.end(), more.begin(), more.end());
    return world.bench(command);
  };
  for (const char* target : {"docker", "libvirt:direct"}) {
    const Outcome dead = lacking(target, {});
    EXPECT_EQ(dead.exit_code, 3) << target;
    EXPECT_THAT(dead.err, AllOf(HasSubstr("KeyError: 'CANARY'"), HasSubstr("--env NAME=VALUE"))) << target;
  }
  world.env["CANARY"] = kCanary;
  // A VM's would be waited for until its patience is over; that its console is read then is BrokenApp's test.
  const Outcome answering = lacking("docker", {"--env", "CANARY", "--env", "LATE=yes"});
  EXPECT_EQ(answering.exit_code, 3);
  EXPECT_THAT(answering.err,
              AllOf(HasSubstr("500"), HasSubstr("KeyError: 'SECOND'"), HasSubstr("--env NAME=VALUE")));
}

TEST(Environment, AnAppThatTellsOneIsAFailureThatHidesTheValue) {
  World world;
  world.env["CANARY"] = kCanary;
  const auto since = fs::file_time_type::clock::now();
  const Outcome telling = world.bench({"run", "startup", "--app", wants(), "--rounds", "1", "--warmup", "0",
                                       "--env", "CANARY", "--env", "FAIL=yes", "--targets", "docker", "--out",
                                       (world.scratch() / "telling").string()});
  EXPECT_EQ(telling.exit_code, 3);
  EXPECT_THAT(telling.err, HasSubstr("cannot log in with [CANARY]"));
  EXPECT_FALSE(has_trace(telling.out + telling.err));
  EXPECT_THAT(traces_of_a_run(world, since), IsEmpty());
}

TEST(Cli, AVariableThatCannotBeGivenEndsTheRunBeforeItBegins) {
  World world;
  std::ofstream(world.scratch() / "bad.env") << "A=1\n=s3cret\n";
  const std::vector<std::vector<std::string>> bad = {
      {"--env", "=s3cret"},
      {"--env", ""},
      {"--env", "A B=s3cret"},
      {"--env", "BENCH_NONCE=s3cret"},
      {"--env", "NOT_SET_ANYWHERE"},
      {"--env", "A=1", "--env", "A=s3cret"},
      {"--env", "FLASK_APP=s3cret"},
      {"--env-file", "/no/such.env"},
      {"--env-file", (world.scratch() / "bad.env").string()},
      {"--targets", "docker?env.=s3cret"},
      {"--targets", "docker?env.NOT_SET_ANYWHERE"},
      {"--targets", "docker?env.A=1&env.A=s3cret"},
  };
  for (std::vector<std::string> arguments : bad) {
    const std::string what = arguments[0] + " " + arguments[1];
    arguments.insert(arguments.begin(), {"run", "startup", "--out", world.results().string()});
    for (const bool printing : {false, true}) {
      if (printing) arguments.emplace_back("--print-config");
      const Outcome outcome = world.bench(arguments, 20);
      EXPECT_EQ(outcome.exit_code, 2) << what << "\n" << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr("bench: error: ")) << what;
      EXPECT_THAT(outcome.err, Not(HasSubstr("s3cret"))) << what;
    }
    EXPECT_FALSE(fs::exists(world.results())) << what;
  }
  EXPECT_THAT(world.bench({"run", "startup", "--env-file", (world.scratch() / "bad.env").string()}, 20).err,
              HasSubstr("bad.env:2:"));
}

TEST(Cli, PrintedSettingsHaveTheNamesOfVariablesAlone) {
  World world;
  const fs::path file = world.scratch() / "job.toml";
  std::ofstream(world.scratch() / "a.env") << "C=s3cret\n";
  std::ofstream(file) << "scenarios = [\"startup\"]\nenv = [\"A=s3cret\"]\nenv_files = [\"a.env\"]\n";
  const Outcome shown = world.bench({"run", "--config", file.string(), "--print-config", "--targets",
                                     "docker?env.B=s3cret,docker", "--baseline", "docker?env.B=s3cret"},
                                    20);
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("A"));
  EXPECT_THAT(shown.out, HasSubstr("docker?env.B"));
  EXPECT_THAT(shown.out, HasSubstr("a.env"));
  EXPECT_THAT(shown.out + shown.err, Not(HasSubstr("s3cret")));
  std::ofstream(file) << "scenarios = [\"startup\"]\nenv = [\"A=1\", \"=s3cret\"]\n";
  const Outcome refused = world.bench({"run", "--config", file.string()}, 20);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("job.toml:2:"));
}

}  // namespace
}  // namespace bench::e2e
