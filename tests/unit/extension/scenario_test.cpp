#include "bench/measure/scenario.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>

#include "bench/base/error.h"
#include "bench/core/run_json.h"
#include "bench/report/charts/figures.h"
#include "bench/report/report.h"
#include "support/fake_driver.h"
#include "unit/extension/program.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

// A scenario as a program that links the rooms adds it: these hooks and this row. Nothing else knows of it.

void weigh_glitter(Trial& trial) {
  trial.record("glitter.grains", 1'000'000.0);
}

void watch_glitter(Trial& trial, StartedInstance& /*started*/) {
  const int place = trial.place().round;
  trial.record("glitter.fade", 3.0 + place);
  trial.record("glitter.rate", trial.target().info.profile == "dull" ? 100.0 + place : 200.0 + place);
}

const bool kGlitterAdded = [] {
  ScenarioRow row;
  row.name = "glitter";
  row.title = "Glitter";
  row.summary = "how an instance shines";
  row.metrics = {{.name = "glitter.rate",
                  .unit = Unit::kPerSecond,
                  .role = Role::kHeadline,
                  .summary = "sparks in a second",
                  .better = Better::kHigher,
                  .manner = Manner::kSpeed,
                  .gated = true,
                  .column = "sparks",
                  .words = "rate of sparks",
                  .subject = "rate of sparks of an instance"},
                 {.name = "glitter.grains",
                  .unit = Unit::kBytes,
                  .role = Role::kResult,
                  .summary = "what the grains weigh",
                  .exact = true,
                  .gated = true,
                  .words = "weight of the grains"},
                 {.name = "glitter.fade",
                  .unit = Unit::kSeconds,
                  .role = Role::kResult,
                  .summary = "how long a spark can be seen",
                  .manner = Manner::kSpeed,
                  .prominent = true,
                  .words = "time to fade",
                  .beside = "a spark fades in"}};
  row.headline = {.about = "glitter", .after = "of sparks"};
  row.reading = {"Sparks: counted by a lens, never by an eye."};
  row.before = &weigh_glitter;
  row.observe = &watch_glitter;
  add_scenario(std::move(row));

  DriverRow driver;
  driver.name = "lamp";
  driver.traits = container_traits();
  driver.profiles = {{"bright", Artefact::kContainerArchive}, {"dull", Artefact::kContainerArchive}};
  driver.built = true;
  driver.make = [](const DriverOptions&) -> std::unique_ptr<Driver> {
    return std::make_unique<test::FakeDriver>();
  };
  add_driver(std::move(driver));
  return true;
}();

class AddedScenario : public test::Program {
 protected:
  std::string glitter_run(const std::string& name) {
    return measured(name,
                    {"glitter", "--rounds", "10", "--all-rounds", "--targets", "lamp:bright,lamp:dull"});
  }
};

TEST_F(AddedScenario, IsListedWithItsMetrics) {
  EXPECT_THAT(bench({"list", "scenarios"}).out, HasSubstr("how an instance shines"));
  EXPECT_THAT(bench({"list", "metrics"}).out, AllOf(HasSubstr("glitter.rate"), HasSubstr("glitter.grains")));
}

TEST_F(AddedScenario, IsNamedWhereAScenarioIsMistyped) {
  const test::Answer answer = bench({"run", "glittr"});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_THAT(answer.err, HasSubstr("did you mean 'glitter'"));
}

TEST_F(AddedScenario, IsInEveryReportAndExport) {
  const std::string dir = glitter_run("one");
  const std::map<std::string, std::string> expected = {
      {"console", "Glitter: rate of sparks"},
      {"md", "## Glitter: rate of sparks"},
      {"html", "Glitter: rate of sparks"},
      {"tex", "Glitter: rate of sparks"},
      {"csv", "glitter,lamp:dull,glitter.rate,per_second,100,0"},
      {"google-benchmark", "\"name\": \"glitter.fade/lamp:dull\""},  // of the times, each with a counter
      {"hyperfine", "\"command\": \"glitter.fade lamp:dull\""},
      {"github-action", "glitter.grains"},  // takes only what is better when it is smaller
      {"bencher", "glitter.rate"},
      {"openmetrics", "bench_glitter_rate_median_per_second{target=\"lamp:dull\""},
      {"junit", "classname=\"bench.glitter\""},
      {"ci-summary", "glitter.grains"},
  };
  for (const auto& [format, words] : expected) {
    const test::Answer answer = bench({"report", dir, "--format", format, "--out", "-"});
    EXPECT_EQ(answer.exit_code, 0) << answer.err;
    EXPECT_THAT(answer.out, HasSubstr(words)) << format;
  }
}

TEST_F(AddedScenario, HasItsHeadlineItsExplanationAndItsFigures) {
  const std::string dir = glitter_run("one");
  EXPECT_THAT(bench({"report", dir, "--format", "console", "--out", "-"}).out,
              HasSubstr("10 rounds planned"));
  EXPECT_THAT(
      bench({"report", dir, "--format", "junit", "--out", "-"}).out,  // which breaks no line
      AllOf(
          HasSubstr("glitter: container (lamp:bright) 204 /s, container (lamp:dull) 104 /s of sparks: 0.51×"),
          HasSubstr("; a spark fades in 7.50 s and 7.50 s: 1.00×")));
  EXPECT_THAT(bench({"report", dir, "--format", "md", "--out", "-"}).out,
              AllOf(HasSubstr("half of the values were smaller"),
                    HasSubstr("- **Sparks**: counted by a lens, never by an eye.")));
  std::vector<std::string> ids;
  for (const Figure& figure : figures(load_run(dir))) ids.push_back(figure.id);
  EXPECT_THAT(ids, IsSupersetOf({"glitter-trials", "glitter-rounds", "ratio"}));
}

TEST_F(AddedScenario, IsComparedGatedAndFollowed) {
  const std::string one = glitter_run("one");
  const std::string two = glitter_run("two");
  EXPECT_THAT(bench({"compare", one, two}).out,
              AllOf(HasSubstr("glitter.rate"), HasSubstr("glitter.grains")));
  const test::Answer gate = bench({"gate", two, "--baseline", one});
  EXPECT_EQ(gate.exit_code, 0) << gate.err;
  EXPECT_THAT(gate.out, AllOf(HasSubstr("glitter.rate"), HasSubstr("glitter.grains")));
  EXPECT_EQ(bench({"gate", two, "--baseline", one, "--metrics", "glitter.rate"}).exit_code, 0);
  const std::string history = (base_ / "runs").string();
  EXPECT_THAT(bench({"history", "--history", history}).out, HasSubstr("glitter"));
  EXPECT_THAT(bench({"trend", "glitter.rate", "--history", history}).out,
              HasSubstr("glitter.rate of lamp:dull / lamp:bright, 2 runs"));
}

TEST(AddedScenarios, ANameIsTakenOnce) {
  ScenarioRow again;
  again.name = "glitter";
  EXPECT_THROW(add_scenario(again), Error);
}

}  // namespace
}  // namespace bench
