#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "e2e/harness.h"
#include "e2e/stored_runs.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

// Two hosts that are alike in all that a fingerprint says, and share a directory of results. The tests run on
// lab-1. Cli: no engine is needed.

std::string store_of(const fs::path& results, const std::string& host, const std::string& id, int day,
                     double ready) {
  Json run = stored_run(id, night(day), ready);
  run["environment"]["host"] = host.empty() ? Json(nullptr) : host_entry(host);
  return store(results, run);
}

/// Twelve nights of each: lab-2 is half as fast.
fs::path shared_history(const World& world) {
  const fs::path results = history_of(world, 12);
  for (int day = 1; day <= 12; ++day) {
    store_of(results, "lab-2", fmt::format("o{:02}", day), day, 1.0);
  }
  return results;
}

TEST(Cli, TheGateJudgesARunByItsOwnHostsRuns) {
  World world;
  const fs::path results = shared_history(world);
  const std::string good = store_of(results, "lab-1", "good", 13, 0.505);
  const std::string slow = store_of(results, "lab-1", "slow", 13, 0.8);
  const std::string theirs = store_of(results, "lab-2", "theirs", 13, 1.01);
  Outcome outcome = world.bench({"gate", good, "--strict"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("of 12 runs"), HasSubstr("13 runs of other hosts (lab-2) do not count")))
      << "the twelve nights, none of lab-2";
  EXPECT_EQ(world.bench({"gate", slow}).exit_code, 1) << "lab-2's runs would make it an improvement";
  outcome = world.bench({"gate", theirs, "--strict"});
  EXPECT_EQ(outcome.exit_code, 0) << "from lab-1 too a run of lab-2 is judged by lab-2's: " << outcome.out;
}

TEST(Cli, TheGateTakesTheLatestRunOfThisHost) {
  World world;
  const fs::path results = shared_history(world);
  store_of(results, "lab-1", "mine", 13, 0.5);
  store_of(results, "lab-2", "theirs", 14, 1.7);
  const std::vector<std::string> gate = {"gate", "--history", results.string()};
  const auto with = [&](const std::string& host) {
    std::vector<std::string> arguments = gate;
    arguments.insert(arguments.end(), {"--host", host});
    return world.bench(arguments);
  };
  const Outcome own = world.bench(gate);
  EXPECT_EQ(own.exit_code, 0) << own.out;
  EXPECT_THAT(own.out, HasSubstr("mine against"));
  for (const char* host : {"lab-2", "all"}) {
    const Outcome other = with(host);
    EXPECT_EQ(other.exit_code, 1) << other.out;
    EXPECT_THAT(other.out, HasSubstr("theirs against")) << host;
  }
  const Outcome nobody = with("lab-3");
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_THAT(nobody.err, AllOf(HasSubstr("is of host 'lab-3'"), HasSubstr("did you mean 'lab-"),
                                HasSubstr("there are runs of: lab-2, lab-1")));
  EXPECT_EQ(with("").exit_code, 2);
}

TEST(Cli, TheGateNeverTakesAnotherHostsRunForThisOnes) {
  World world;
  const fs::path results = world.scratch() / "results";
  for (int day = 1; day <= 12; ++day) store_of(results, "lab-2", fmt::format("o{:02}", day), day, 1.0);
  const Outcome outcome = world.bench({"gate", "--history", results.string()});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.out;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("no run of this host (lab-1)"), HasSubstr("runs of: lab-2"),
                                 HasSubstr("--host all")));
  // Whoever looks at them may: on a desk there is no run of its own.
  const Outcome listed = world.bench({"history", "--history", results.string()});
  EXPECT_THAT(listed.out, HasSubstr(" o12 "));
  EXPECT_THAT(listed.err, HasSubstr("no run of this host (lab-1)"));
  const Outcome trend = world.bench({"trend", "startup.ready", "--history", results.string()});
  EXPECT_THAT(trend.out, HasSubstr("startup.ready of docker, 12 runs"));
}

TEST(Cli, AHistoryShowsThisHostsRunsAndAllWhenAsked) {
  World world;
  const fs::path results = shared_history(world);
  const Outcome own = world.bench({"history", "--history", results.string()});
  EXPECT_THAT(own.out, AllOf(HasSubstr(" n12 "), Not(HasSubstr(" o12 ")),
                             HasSubstr("12 runs of other hosts (lab-2) do not count; all: --host all")));
  const Outcome all = world.bench({"history", "--history", results.string(), "--host", "all"});
  EXPECT_THAT(all.out, AllOf(::testing::ContainsRegex(" n12 .* lab-1 *\n"),
                             ::testing::ContainsRegex(" o12 .* lab-2 *\n")));
  const Outcome json =
      world.bench({"history", "--history", results.string(), "--host", "lab-2", "--last", "1", "--json"});
  EXPECT_EQ(Json::parse(json.out).at(0).at("host"), host_entry("lab-2"));
}

TEST(Cli, TheTrendOfAHostIsALineOfItsOwn) {
  World world;
  const fs::path results = shared_history(world);
  const fs::path config = world.scratch() / "nightly.toml";
  std::ofstream(config) << "scenarios = [\"startup\"]\nresults = \"results\"\n";
  const auto trend = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"trend", "startup.ready", "--config", config.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return world.bench(arguments);
  };
  const Outcome own = trend({});
  EXPECT_THAT(own.out, AllOf(HasSubstr("startup.ready of docker, 12 runs"), Not(HasSubstr(" o12 "))));
  EXPECT_THAT(own.err, HasSubstr("12 runs of other hosts (lab-2) do not count"));
  const Outcome all = trend({"--host", "all"});
  EXPECT_THAT(all.out,
              AllOf(HasSubstr("startup.ready of docker on lab-1, 12 runs"),
                    HasSubstr("startup.ready of docker on lab-2, 12 runs"), HasSubstr("no change point")));
  const Outcome csv = trend({"--host", "all", "--format", "csv"});
  EXPECT_THAT(csv.out, ::testing::ContainsRegex("o12,[^\n]*,lab-2\r\n"));
  // One page each in the directory that they share.
  EXPECT_THAT(trend({"--format", "html"}).err, HasSubstr("trend-lab-1.html"));
  EXPECT_THAT(trend({"--format", "html", "--host", "lab-2"}).err, HasSubstr("trend-lab-2.html"));
  EXPECT_FALSE(fs::exists(results / "trend.html"));
}

TEST(Cli, RunsThatDoNotSayTheirHostAreReadAndNeverTakenForAnothers) {
  World world;
  const fs::path results = world.scratch() / "results";
  for (int day = 1; day <= 11; ++day) store_of(results, "", fmt::format("u{:02}", day), day, 0.5);
  EXPECT_THAT(world.bench({"history", "--history", results.string()}).out, HasSubstr(" u11 "));
  const std::string run = store_of(results, "lab-1", "new", 12, 0.505);
  Outcome outcome = world.bench({"gate", run, "--strict"});
  EXPECT_EQ(outcome.exit_code, 0) << "same kind of machine and nobody else: its own of before: "
                                  << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("of 11 runs"));
  store_of(results, "lab-2", "theirs", 12, 1.0);
  outcome = world.bench({"gate", run, "--strict"});
  EXPECT_EQ(outcome.exit_code, 4) << "they may be lab-2's as well: " << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("(lab-2, a host that is not named) do not count"));
}

TEST(Cli, RunsOfTwoHostsAreNotComparedUnasked) {
  World world;
  const fs::path results = world.scratch() / "results";
  const std::string a = store_of(results, "lab-1", "a", 1, 0.5);
  const std::string b = store_of(results, "lab-2", "b", 2, 0.5);
  const Outcome refused = world.bench({"compare", a, b});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("another host measured: lab-1 against lab-2"));
  EXPECT_EQ(world.bench({"compare", a, b, "--force"}).exit_code, 0);
  const Outcome gate = world.bench({"gate", b, "--baseline", a, "--strict"});
  EXPECT_EQ(gate.exit_code, 4) << gate.out;
  EXPECT_THAT(gate.out, AllOf(HasSubstr("not comparable"), HasSubstr("another host measured")));
}

TEST(Cli, TwoHostsReadOneDirectoryWhileRunsComeAndGo) {
  World here, there;  // a state directory each
  there.env["BENCH_HOST"] = "lab-2";
  const fs::path results = shared_history(here);
  const std::vector<std::string> question = {"history", "--history", results.string(), "--host", "all"};
  for (int round = 0; round < 6; ++round) {
    const auto one = here.start(question);
    const auto two = there.start(question);
    store_of(results, "lab-1", fmt::format("a{}", round), 13 + round, 0.5);
    store_of(results, "lab-2", fmt::format("b{}", round), 13 + round, 1.0);
    fs::remove_all(results / fmt::format("n{:02}", 1 + round));
    for (const auto& reader : {one.get(), two.get()}) {
      const Outcome outcome = reader->wait(60);
      EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
      EXPECT_THAT(outcome.out, AllOf(HasSubstr(" n12 "), HasSubstr(" o12 ")));
    }
  }
  const Outcome last = here.bench(question);
  EXPECT_EQ(last.out, there.bench(question).out) << "each index has caught up with the files";
  EXPECT_THAT(last.out, AllOf(HasSubstr(" a5 "), HasSubstr(" b5 "), Not(HasSubstr(" n06 "))));
  EXPECT_THAT(last.err, Not(HasSubstr("warning")));
}

TEST(Cli, AHostsNameHasToBeOne) {
  World world;
  for (const char* name : {"all", "lab 1", "../x", "-x"}) {
    world.env["BENCH_HOST"] = name;
    const Outcome outcome = world.bench({"run", "startup", "--targets", "docker"});
    EXPECT_EQ(outcome.exit_code, 2) << name;
    EXPECT_THAT(outcome.err, HasSubstr("cannot be the name of a host"));
    EXPECT_FALSE(fs::exists(world.scratch() / "results")) << "nothing has begun";
  }
}

}  // namespace
}  // namespace bench::e2e
