#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A nightly job from its first night to the first bad one, on a real engine.

constexpr int kNights = 10;  // what a gate wants at least

/// The plain app, 0.3 s later.
fs::path late_app(const World& world) {
  const fs::path late = world.scratch() / "late";
  fs::copy(truth("plain"), late, fs::copy_options::recursive);
  std::ofstream(late / "app.py", std::ios::app) << "\n\nimport time\n\ntime.sleep(0.3)\n";
  return late;
}

/// The directories of runs in `results`, oldest first.
std::vector<fs::path> runs_in(const fs::path& results) {
  std::vector<fs::path> runs;
  for (const auto& entry : fs::directory_iterator(results)) {
    if (fs::exists(entry.path() / "run.json")) runs.push_back(entry.path());
  }
  std::sort(runs.begin(), runs.end(), [](const fs::path& a, const fs::path& b) {
    return fs::last_write_time(a / "run.json") < fs::last_write_time(b / "run.json");
  });
  return runs;
}

nlohmann::json json_in(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return nlohmann::json::parse(in, nullptr, false);
}

/// Names of what the verdict calls so, "metric of target".
std::vector<std::string> called(const nlohmann::json& verdict, const std::string& what) {
  std::vector<std::string> found;
  for (const auto& finding : verdict.at("findings")) {
    if (finding.at("verdict") != what || !finding.at("decides").get<bool>()) continue;
    found.push_back(fmt::format("{} of {}", finding.at("metric").get<std::string>(),
                                finding.at("target").get<std::string>()));
  }
  return found;
}

TEST(Nightly, TheEleventhNightPassesAndADelayOf300MsIsCaughtAndConfirmed) {
  World world;
  const fs::path config = world.scratch() / "nightly.toml";
  std::ofstream(config) << fmt::format(
      "scenarios = [\"startup\"]\ntargets = [\"docker\"]\nrounds = 5\nwarmup = 1\nall_rounds = true\n"
      "results = \"nightly\"\napp = \"{}\"\n[[export]]\nformat = \"junit\"\nto = \"ci/junit.xml\"\n",
      truth("plain").string());
  const fs::path results = world.scratch() / "nightly";
  const auto measure = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"run", "--config", config.string(), "--quiet"});
    const Outcome outcome = world.bench(more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  };
  for (int night = 1; night <= kNights; ++night) measure({});
  ASSERT_EQ(runs_in(results).size(), kNights);

  measure({});
  const fs::path good = runs_in(results).back();
  Outcome outcome = world.bench(
      {"gate", "--config", config.string(), "--metrics", "startup.ready", "--confirm", "--strict"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(json_in(good / "verdict.json").at("answer"), "pass");

  measure({"--app", late_app(world).string()});
  const fs::path bad = runs_in(results).back();
  ASSERT_NE(bad, good);
  outcome = world.bench({"gate", bad.string(), "--metrics", "startup.ready", "--confirm"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("regression, confirmed: startup.ready of docker"));
  const auto verdict = json_in(bad / "verdict.json");
  EXPECT_THAT(called(verdict, "regression"), ElementsAre("startup.ready of docker"));
  EXPECT_FALSE(verdict.at("confirmed_by").is_null());
  for (const auto& finding : verdict.at("findings")) {
    if (finding.at("metric") != "startup.ready") continue;
    for (const char* which : {"value", "second_value"}) {
      EXPECT_GT(finding.at(which).get<double>() - finding.at("usual").get<double>(), 0.15) << which;
    }
  }
  // The confirming run is part of the night that it confirms, not a night of its own.
  EXPECT_EQ(runs_in(results).size(), kNights + 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(bad / "confirm"), fs::directory_iterator()), 1);

  // The same two where they are looked at: on the CI's page, and on the way through time.
  outcome = world.bench({"report", bad.string(), "--format", "junit", "--out", "-"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("failures=\"1\""), HasSubstr("startup.ready")));
  outcome = world.bench({"trend", "startup.ready", "--history", results.string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(good.filename().string()), HasSubstr(bad.filename().string())));
  EXPECT_THAT(outcome.err, IsEmpty());
}

}  // namespace
}  // namespace bench::e2e
