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
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// `bench trend` on stored runs, as a user types it. Cli: no engine is needed.

/// One more metric of the same trials: nightly runs with two that the gate decides on and one that it does
/// not.
fs::path history_of_three(const World& world, int nights, int step) {
  const fs::path results = history_of(world, nights, step);
  for (int day = 1; day <= nights; ++day) {
    auto run = stored_run("n" + std::string(day < 10 ? "0" : "") + std::to_string(day), night(day),
                          day < step ? 0.5 : 0.6);
    for (const auto& sample : nlohmann::ordered_json(run.at("samples"))) {
      for (const char* metric : {"startup.stop", "startup.app"}) {
        auto other = sample;
        other["metric"] = metric;
        other["value"] = 0.2 + 0.001 * sample.at("round").get<double>();
        run["samples"].push_back(other);
      }
    }
    store(results, run);
  }
  return results;
}

TEST(Cli, TheTrendAsOnePage) {
  World world;
  const fs::path results = history_of_three(world, 27, 15);
  const fs::path out = world.scratch() / "www";
  const Outcome outcome =
      world.bench({"trend", "--history", results.string(), "--format", "html", "--out", out.string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("wrote " + (out / "trend.html").string()));
  const std::string page = file_text(out / "trend.html");
  EXPECT_THAT(page, HasSubstr("startup.ready of docker changed on 2026-03-15: "));
  EXPECT_THAT(page, AllOf(HasSubstr("startup.stop of docker"), Not(HasSubstr("startup.app of docker"))))
      << "the gate decides on the first and not on the second";
  EXPECT_THAT(page, ::testing::ContainsRegex(">n15<.*◄ step: [^<]* → [^<]* \\(\\+20 %\\)<"));
  const Outcome again =
      world.bench({"trend", "--history", results.string(), "--format", "html", "--out", "-"});
  EXPECT_EQ(again.out, page) << "the same runs are the same bytes, on stdout too";
}

TEST(Cli, TheTrendOfSeveralMetricsAndOfNone) {
  World world;
  const fs::path results = history_of_three(world, 12, 6);
  const auto trend = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "trend");
    arguments.insert(arguments.end(), {"--history", results.string()});
    return world.bench(arguments);
  };
  const Outcome two = trend({"startup.app,startup.ready", "startup.app"});
  EXPECT_EQ(two.exit_code, 0) << two.err;
  EXPECT_THAT(two.out,
              AllOf(StartsWith("startup.app of docker, 12 runs"),
                    HasSubstr("\nstartup.ready of docker, 12 runs"), Not(HasSubstr("startup.stop"))));
  EXPECT_EQ(two.out.find("startup.app of", 1), std::string::npos) << "named twice, shown once";
  const Outcome main = trend({});
  EXPECT_THAT(main.out, AllOf(HasSubstr("startup.ready of"), HasSubstr("startup.stop of")));
  const Outcome unknown = trend({"startup.ready", "startup.none"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("no metric 'startup.none'"), HasSubstr("startup.stop")));
  EXPECT_EQ(trend({"--target", "podman"}).exit_code, 2);
  EXPECT_EQ(trend({"--format", "svg", "--out", "-"}).exit_code, 2);
}

TEST(Cli, TheTrendOfAnEmptyHistory) {
  World world;
  fs::create_directories(world.scratch() / "results");
  const Outcome outcome = world.bench({"trend", "--format", "html"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("no run in results has a figure yet"), HasSubstr("--history DIR")));
  EXPECT_FALSE(fs::exists(world.scratch() / "trend.html"));
}

TEST(Cli, TheTrendsPageWithoutGnuplot) {
  World world;
  const fs::path results = history_of(world, 12, 6);
  world.env["PATH"] = "/nonexistent";
  const Outcome outcome = world.bench({"trend", "--history", results.string(), "--format", "html"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("warning: no charts"), HasSubstr("gnuplot-nox")));
  EXPECT_THAT(file_text(world.scratch() / "trend.html"),
              AllOf(HasSubstr("gnuplot-nox"), Not(HasSubstr("<figure")), HasSubstr("◄ step: ")));
  EXPECT_EQ(world.bench({"trend", "--history", results.string(), "--format", "svg"}).exit_code, 3);
}

TEST(Cli, TheTrendsPageIsHarmlessWhateverARunIsCalled) {
  World world;
  const fs::path results = history_of(world, 11);
  auto run = stored_run("n12", night(12), 0.5);
  run["targets"][0]["name"] = "<script>alert(1)</script>";
  for (auto& sample : run["samples"]) sample["target"] = "<script>alert(1)</script>";
  store(results, run);
  fs::rename(results / "n12", results / "<img src=x onerror=alert(2)>");
  const Outcome outcome =
      world.bench({"trend", "--history", results.string(), "--format", "html", "--out", "-"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("&lt;script&gt;alert(1)"), HasSubstr("&lt;img src=x"),
                                 Not(HasSubstr("<script>alert")), Not(HasSubstr("<img src=x"))));
}

TEST(Cli, AJobsConfigurationNamesItsHistory) {
  World world;
  const std::filesystem::path results = history_of(world, 12);
  const std::filesystem::path config = world.scratch() / "nightly.toml";
  std::ofstream(config) << "scenarios = [\"startup\"]\nresults = \"results\"\n";
  store(results, stored_run("today", night(13), 0.8));
  const Outcome gate = world.bench({"gate", "--config", config.string()});
  EXPECT_EQ(gate.exit_code, 1) << gate.err << gate.out;
  EXPECT_THAT(gate.out, HasSubstr("today against the last 20 runs"));
  EXPECT_EQ(world.bench({"gate", "--history", results.string()}).exit_code, 1) << "the latest run of it";
  const Outcome trend = world.bench({"trend", "--config", config.string(), "--format", "html"});
  EXPECT_EQ(trend.exit_code, 0) << trend.err;
  EXPECT_TRUE(std::filesystem::exists(results / "trend.html"));
  EXPECT_EQ(world.bench({"gate", "--config", "none.toml"}).exit_code, 2);
  EXPECT_EQ(world.bench({"gate", "--config", config.string(), "--history", "x"}).exit_code, 2);
}

}  // namespace
}  // namespace bench::e2e
