#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "e2e/harness.h"
#include "e2e/stored_runs.h"

namespace bench::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Every exit code of compare and gate on stored runs. Cli: no engine is needed.

Json verdict_of(const std::string& dir) {
  std::ifstream file(fs::path(dir) / "verdict.json");
  return Json::parse(file, nullptr, false);
}

TEST(Cli, AStepCanBeAcceptedByAPin) {
  World world;
  const fs::path results = history_of(world, 21, 14);  // 0.6 s since night 14
  const std::string run = store(results, stored_run("now", night(22), 0.601));
  Outcome outcome = world.bench({"gate", run, "--strict"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_FALSE(fs::exists(results / "pins.json"));
  outcome = world.bench({"gate", run, "--strict", "--pin-after-step", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json verdict = Json::parse(outcome.out);
  EXPECT_THAT(verdict.at("notes").dump(), HasSubstr("pinned as after-step"));
  EXPECT_THAT(verdict.at("findings")[0].at("step_at"), night(14));
  EXPECT_THAT(verdict.at("findings")[0].at("why"), HasSubstr("since the step of"));
  EXPECT_EQ(Json::parse(std::ifstream(results / "pins.json")).at("after-step"), "now");
  // The same step is not pinned twice.
  const std::string next = store(results, stored_run("next", night(23), 0.6));
  EXPECT_EQ(world.bench({"gate", next, "--pin-after-step"}).exit_code, 0);
  EXPECT_EQ(Json::parse(std::ifstream(results / "pins.json")).at("after-step"), "now");
  EXPECT_EQ(world.bench({"gate", next, "--pin-after-step", "--baseline", "after-step"}).exit_code, 2);
}

TEST(Cli, TheGatesExitCodeIsTheAnswerAndVerdictJsonSaysTheSame) {
  World world;
  const fs::path results = history_of(world, 11);
  const std::string good = store(results, stored_run("good", night(12), 0.505));
  Outcome outcome = world.bench({"gate", good, "--strict"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_EQ(verdict_of(good).at("answer"), "pass");

  const std::string bad = store(results, stored_run("slow", night(13), 0.8));
  outcome = world.bench({"gate", bad});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("regression (not measured again): startup.ready of docker"));
  EXPECT_EQ(verdict_of(bad).at("exit_code"), 1);

  const std::string again = store(results, stored_run("slow2", night(13), 0.81));
  outcome = world.bench({"gate", bad, "--confirm", again});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("regression, confirmed"));
  EXPECT_EQ(verdict_of(bad).at("confirmed_by"), "slow2");

  outcome = world.bench({"gate", bad, "--confirm", good, "--strict", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out).at("answer"), "pass");
}

TEST(Cli, TheGateWithoutAnAnswer) {
  World world;
  const fs::path results = history_of(world, 5);
  const std::string run = store(results, stored_run("new", night(12), 0.8));
  EXPECT_EQ(world.bench({"gate", run}).exit_code, 0);
  const Outcome strict = world.bench({"gate", run, "--strict"});
  EXPECT_EQ(strict.exit_code, 4);
  EXPECT_THAT(strict.out, HasSubstr("no baseline"));
  EXPECT_THAT(strict.out, ::testing::Not(HasSubstr("nothing beyond the limits"))) << "there are none";
  EXPECT_EQ(world.bench({"gate", run, "--baseline", "n01"}).exit_code, 2);  // neither a name nor a run
  EXPECT_EQ(
      world.bench({"history", "--history", results.string(), "--pin", "r1=" + (results / "n01").string()})
          .exit_code,
      0);
  EXPECT_EQ(world.bench({"gate", run, "--baseline", "r1"}).exit_code, 1);
}

TEST(Cli, TheGateNeverPassesWhatCouldNotBeMeasured) {
  World world;
  const fs::path results = history_of(world, 11);
  Json failed = stored_run("failed", night(12), 0.5, 0);
  for (int round = 0; round < 10; ++round) {
    failed["failures"].push_back({{"scenario", "startup"},
                                  {"target", "docker"},
                                  {"round", round},
                                  {"warmup", false},
                                  {"phase", "create"},
                                  {"message", "no space left on device"}});
  }
  const std::string dir = store(results, failed);
  const Outcome outcome = world.bench({"gate", dir});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("all 10 trials failed"));
  EXPECT_EQ(world.bench({"gate", (results / "nothing").string()}).exit_code, 3);
}

TEST(Cli, AConfirmationThatCannotRunIsNoRegression) {
  World world;
  const fs::path results = history_of(world, 11);
  Json slow = stored_run("slow", night(12), 0.8);
  slow["command"] = {"bench", "run", "no-such-scenario"};
  const Outcome outcome = world.bench({"gate", store(results, slow), "--confirm"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("nothing is called a regression"));
}

TEST(Cli, TwoRunsAreComparedAndDifferentConditionsRefused) {
  World world;
  const fs::path results = world.scratch() / "results";
  const std::string a = store(results, stored_run("a", night(1), 0.5));
  Json other = stored_run("b", night(2), 0.8);
  other["targets"][0]["equivalence"]["app_sha256"] = "b";
  const std::string b = store(results, other);
  Outcome outcome = world.bench({"compare", a, b});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("slower"));
  EXPECT_THAT(outcome.out, HasSubstr("app (hash)"));
  EXPECT_EQ(world.bench({"compare", a, b, "--fail-on-regression"}).exit_code, 1);
  EXPECT_EQ(world.bench({"compare", b, a, "--fail-on-regression"}).exit_code, 0);
  const Json json = Json::parse(world.bench({"compare", a, b, "--format", "json"}).out);
  EXPECT_NEAR(json.at("comparisons").at(0).at("ratio").get<double>(), 1.6, 0.03);

  other["environment"]["fingerprint"]["kernel"] = "6.9";
  const std::string c = store(results, other);
  outcome = world.bench({"compare", a, c});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("another kernel"));
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(world.bench({"compare", a, c, "--strict"}).exit_code, 4);
  outcome = world.bench({"compare", a, c, "--force"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("other conditions: the host runs another kernel: 6.1 against 6.9"));
}

TEST(Cli, FewRoundsAreInconclusiveWithStrict) {
  World world;
  const fs::path results = world.scratch() / "results";
  const std::string a = store(results, stored_run("a", night(1), 0.5, 4));
  const std::string b = store(results, stored_run("b", night(2), 0.8, 4));
  EXPECT_EQ(world.bench({"compare", a, b}).exit_code, 0);
  EXPECT_EQ(world.bench({"compare", a, b, "--strict"}).exit_code, 4);
  EXPECT_EQ(world.bench({"compare", a}).exit_code, 2);
  EXPECT_EQ(world.bench({"compare", a, b, "--targets", "podman"}).exit_code, 2);
}

TEST(Cli, HistoryAndTrendShowTheRunsAndTheStep) {
  World world;
  const fs::path results = history_of(world, 27, 15);
  fs::create_directories(results / "broken");
  std::ofstream(results / "broken" / "run.json") << "{";
  const Outcome listed = world.bench({"history", "--history", results.string()});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_THAT(listed.out, HasSubstr("n27"));
  EXPECT_THAT(listed.err, HasSubstr("broken"));
  const Outcome trend = world.bench({"trend", "startup.ready", "--history", results.string()});
  EXPECT_EQ(trend.exit_code, 0) << trend.err;
  EXPECT_THAT(trend.out, HasSubstr("1 change point"));
  EXPECT_THAT(trend.out, ::testing::ContainsRegex("n15 [^\n]*step: "));
  const Outcome csv =
      world.bench({"trend", "startup.ready", "--history", results.string(), "--format", "csv"});
  EXPECT_THAT(csv.out, ::testing::ContainsRegex("n15[^\n]*,true,\r\n"));
  EXPECT_EQ(world.bench({"trend", "startup.none", "--history", results.string()}).exit_code, 2);
  EXPECT_EQ(world.bench({"history", "--history", (results / "none").string()}).exit_code, 3);
}

TEST(Cli, TheSimulationSaysHowOftenAndJudgesNothing) {
  World world;
  const Outcome outcome = world.bench({"simulate", "--runs", "10", "--seeds", "2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;  // ten runs are no proof, and no fault
  EXPECT_THAT(outcome.out, HasSubstr("the 95 % interval holds the true ratio; ended early"));
  EXPECT_THAT(outcome.out, HasSubstr("1 % a week is found within 12 weeks"));
  EXPECT_THAT(outcome.out, HasSubstr("after a step of +10 %"));
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("\\(seeds: [0-9.]+ [0-9.]+\\)"));
}

}  // namespace
}  // namespace bench::e2e
