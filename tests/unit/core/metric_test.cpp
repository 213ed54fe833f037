#include "bench/core/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "bench/base/error.h"
#include "bench/core/first_metrics.h"
#include "bench/core/run.h"
#include "bench/core/run_json.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::HasSubstr;

bench::Run declaring(std::vector<MetricSpec> metrics) {
  bench::Run run = test::sample_run();
  run.scenarios = {{"load", "Load", "requests", std::move(metrics)}};
  return run;
}

TEST(Metric, IsWhatItsRunDeclares) {
  const bench::Run run =
      declaring({{.name = "load.rate", .unit = Unit::kPerSecond, .better = Better::kHigher},
                 {.name = "load.part.*", .unit = Unit::kSeconds, .role = Role::kPart},
                 {.name = "load.part.all", .unit = Unit::kSeconds, .role = Role::kResult}});
  EXPECT_EQ(spec_of(run, "load.rate").better, Better::kHigher);
  EXPECT_EQ(spec_of(run, "load.part.disk").role, Role::kPart) << "of the family";
  EXPECT_EQ(family_member(spec_of(run, "load.part.disk"), "load.part.disk"), "disk");
  EXPECT_EQ(spec_of(run, "load.part.all").role, Role::kResult) << "its own name before the family";
  EXPECT_EQ(find_scenario(run, scenario::kStartup), nullptr) << "what a run declares is all that it knows";
}

TEST(Metric, ThatNobodyDeclaredIsADetailAsItsUnitHasIt) {
  bench::Run run = declaring({});
  run.samples.push_back({"other", "docker", "other.speed", Unit::kPerSecond, 1});
  run.samples.push_back({"other", "docker", "other.things", Unit::kCount, 1});
  EXPECT_EQ(spec_of(run, "other.speed").role, Role::kDetail);
  EXPECT_EQ(spec_of(run, "other.speed").better, Better::kHigher);
  EXPECT_TRUE(spec_of(run, "other.speed").needs_hardware);
  EXPECT_EQ(spec_of(run, "other.things").better, Better::kNeither);
  EXPECT_FALSE(spec_of(run, "never.seen").needs_hardware);
}

TEST(Metric, DeclarationsAreStoredWithTheRun) {
  bench::Run run = test::sample_run();
  run.scenarios = first_scenarios();
  run.scenarios.push_back(
      {"load", "", "", {{.name = "load.rate", .unit = Unit::kPerSecond, .threshold = 0.02}}});
  const bench::Run back = run_from_json(to_json(run));
  EXPECT_EQ(back.scenarios, run.scenarios);
}

TEST(Metric, DeclarationsWithoutWordsForAHeadlineHaveThoseOfTheFirstScenarios) {
  bench::Run run = test::sample_run();
  run.scenarios = first_scenarios();
  run.scenarios.push_back({"load", "", "", {{.name = "load.rate", .unit = Unit::kPerSecond}}});
  const std::vector<ScenarioSpec> whole = run.scenarios;
  for (ScenarioSpec& scenario : run.scenarios) {
    scenario = {scenario.name, scenario.title, scenario.summary, scenario.metrics};
    for (MetricSpec& spec : scenario.metrics) spec.beside = spec.cpu_of = "";
  }
  EXPECT_EQ(run_from_json(to_json(run)).scenarios, whole);
}

TEST(Metric, ARunOfBeforeDeclarationsKnowsTheFirstScenarios) {
  bench::Run run = test::sample_run();
  run.scenarios.clear();
  const std::string text = to_json(run);
  EXPECT_EQ(text.find("\"scenarios\""), std::string::npos);
  const bench::Run back = run_from_json(text);
  EXPECT_EQ(spec_of(back, metric::kReady).role, Role::kHeadline);
  EXPECT_TRUE(spec_of(back, metric::kDisk).exact);
  EXPECT_EQ(spec_of(back, std::string(metric::kMemoryPart) + "conmon").role, Role::kPart);
}

TEST(Metric, AnUnknownWordOfADeclarationIsCorrupt) {
  bench::Run run = declaring({{.name = "load.rate", .unit = Unit::kPerSecond}});
  std::string text = to_json(run);
  const auto at = text.find("\"detail\"");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 8, "\"gossip\"");
  try {
    run_from_json(text);
    ADD_FAILURE() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("gossip"));
    EXPECT_THAT(error.what(), HasSubstr("role"));
  }
}

TEST(Metric, TheFirstScenariosHangTogether) {
  std::set<std::string> names;
  ASSERT_FALSE(first_scenarios().empty());
  for (const ScenarioSpec& scenario : first_scenarios()) {
    int headlines = 0;
    for (const MetricSpec& spec : scenario.metrics) {
      EXPECT_TRUE(names.insert(spec.name).second) << spec.name << " twice";
      EXPECT_FALSE(spec.unit == Unit::kNone || spec.summary.empty()) << spec.name;
      headlines += spec.role == Role::kHeadline ? 1 : 0;
      for (const std::string* other : {&spec.part_of, &spec.slope_of}) {
        if (!other->empty()) {
          EXPECT_NE(find_metric(scenario, *other), nullptr) << spec.name;
        }
      }
      if (spec.gated) {
        EXPECT_TRUE(is_result(spec)) << spec.name << " decides and is no result";
      }
    }
    EXPECT_EQ(headlines, 1) << scenario.name;
  }
}

}  // namespace
}  // namespace bench
