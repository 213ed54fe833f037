#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "bench/base/files.h"
#include "bench/core/run_json.h"
#include "bench/report/exports/formats.h"
#include "bench/report/render/bundle.h"
#include "bench/report/report.h"
#include "support/sample_run.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using nlohmann::json;
using test::derived;
using test::expect_same_as_golden;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using StoredRun = bench::Run;  // testing::Test has a member named Run

struct Export {
  std::string file;
  std::string (*make)(const StoredRun&);
};

const std::vector<Export>& exports() {
  static const std::vector<Export> all = {
      {"google-benchmark.json", google_benchmark_export},
      {"github-action.json", github_action_export},
      {"bencher.json", bencher_export},
      {"hyperfine.json", hyperfine_export},
      {"bench.prom", openmetrics_export},
      {"junit.xml", [](const StoredRun& run) { return junit_export(run, {}); }},
      {"ci-summary.md", ci_summary_export},
  };
  return all;
}

/// Names that a careless writer would let break out of where they stand.
StoredRun hostile_exported_run() {
  StoredRun run = test::run_with_failures();
  const std::string name = "a\"b\\c<d>&'{e},|`f`\n\x1b[31m\x01\xff\xEF\xBF\xBF ü\t]]>";
  for (TargetInfo& target : run.targets) {
    if (target.name == "docker") target.name = name;
  }
  for (Sample& sample : run.samples) {
    if (sample.target == "docker") sample.target = name;
    if (sample.metric == "startup.stop") sample.metric = "startup.st\"op\n}";
  }
  for (Failure& failure : run.failures) {
    if (failure.target == "docker") failure.target = name;
    failure.message += "\n]]></error> \x02 \xc3 <script>";
  }
  run.run_id = "<run>&\"";
  run.status = RunStatus::kComplete;
  return derived(run);
}

double summary_median(const StoredRun& run, const std::string& target, const std::string& metric) {
  for (const Summary& summary : run.summaries) {
    if (summary.target == target && summary.metric == metric) return summary.median;
  }
  ADD_FAILURE() << "no " << metric << " of " << target;
  return 0;
}

TEST(Exports, OfAFewFailedTrials) {
  for (const Export& format : exports()) {
    expect_same_as_golden("failures." + format.file, format.make(derived(test::run_with_failures())));
  }
}

TEST(Exports, OfARunWithoutASample) {
  for (const Export& format : exports()) {
    expect_same_as_golden("empty." + format.file, format.make(derived(test::empty_run())));
  }
}

TEST(Exports, HostileNamesStayNames) {
  for (const Export& format : exports())
    expect_same_as_golden("hostile." + format.file, format.make(hostile_exported_run()));
}

TEST(Exports, AreReportFormatsOfTheSameName) {
  const StoredRun run = derived(test::run_with_failures());
  Drawings none;
  ASSERT_FALSE(export_formats().empty());
  for (const ExportFormat& format : export_formats()) {
    const ReportFormat* row = find_report_format(format.name);
    ASSERT_NE(row, nullptr) << format.name;
    const auto files = row->files(run, {}, none);
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(files[0].path, format.file_name);
    EXPECT_EQ(files[0].bytes, format.render(run, {}));
  }
}

TEST(Exports, JsonIsJsonWhateverTheNames) {
  for (const StoredRun& run :
       {hostile_exported_run(), derived(test::empty_run()), derived(test::dead_target_run())}) {
    for (const auto make :
         {google_benchmark_export, github_action_export, bencher_export, hyperfine_export}) {
      EXPECT_FALSE(json::parse(make(run), nullptr, false).is_discarded()) << make(run);
    }
  }
}

TEST(GoogleBenchmark, HasOneEntryPerSuccessfulStart) {
  const StoredRun run = derived(test::run_with_failures());
  const json benchmarks = json::parse(google_benchmark_export(run)).at("benchmarks");
  std::map<std::string, std::size_t> entries;
  for (const json& entry : benchmarks) {
    ++entries[entry.at("name")];
    EXPECT_EQ(entry.at("time_unit"), "s");
    EXPECT_EQ(entry.at("run_type"), "iteration");
    EXPECT_GT(entry.at("real_time").get<double>(), 0);
    const bool ready = entry.at("name").get<std::string>().starts_with("startup.ready/");
    EXPECT_EQ(entry.at("cpu_time").get<double>() > 0, ready) << "of a start, and not of a stop";
    EXPECT_EQ(entry.contains("startup.create"), ready) << "counters are with the headline";
  }
  EXPECT_EQ(entries["startup.ready/docker"], 10U);
  EXPECT_EQ(entries["startup.ready/libvirt:full"], 8U);  // 2 of 10 failed
  EXPECT_EQ(entries["startup.stop/docker"], 10U);
  EXPECT_FALSE(entries.contains("startup.create/docker")) << "a stretch of ready is a counter of it";
  EXPECT_FALSE(entries.contains("startup.cpu/docker")) << "it is the CPU time of ready";
}

/// A scenario that this program does not know: what it declares is all that an export can go by.
StoredRun run_of_another_scenario() {
  StoredRun run = test::sample_run();
  run.scenarios = {
      {.name = "query",
       .title = "Query",
       .summary = "",
       .metrics = {
           {.name = "query.rate",
            .unit = Unit::kPerSecond,
            .role = Role::kHeadline,
            .better = Better::kHigher},
           {.name = "query.latency", .unit = Unit::kSeconds, .role = Role::kResult},
           {.name = "query.work", .unit = Unit::kSeconds, .role = Role::kResult, .cpu_of = "query.latency"},
           {.name = "query.poll", .unit = Unit::kSeconds, .role = Role::kHarness}}}};
  run.samples.clear();
  for (int round = 0; round < 10; ++round) {
    for (const auto& [metric, unit, value] : {std::tuple{"query.rate", Unit::kPerSecond, 900.0},
                                              {"query.latency", Unit::kSeconds, 0.25},
                                              {"query.work", Unit::kSeconds, 0.125},
                                              {"query.poll", Unit::kSeconds, 0.5}}) {
      run.samples.push_back({"query", "docker", metric, unit, value, round, 0, false});
    }
  }
  return derived(run);
}

TEST(GoogleBenchmark, HasTheTimesOfAnyScenario) {
  const json benchmarks = json::parse(google_benchmark_export(run_of_another_scenario())).at("benchmarks");
  ASSERT_THAT(benchmarks, SizeIs(10));
  EXPECT_EQ(benchmarks[0].at("name"), "query.latency/docker");
  EXPECT_EQ(benchmarks[0].at("real_time"), 0.25);
  EXPECT_EQ(benchmarks[0].at("cpu_time"), 0.125);
  EXPECT_EQ(benchmarks[0].at("query.rate"), 900.0) << "what is no time is a counter of the first time";
}

TEST(Hyperfine, HasTheTimesOfAnyScenario) {
  const json results = json::parse(hyperfine_export(run_of_another_scenario())).at("results");
  std::vector<std::string> commands;
  for (const json& result : results) commands.push_back(result.at("command"));
  EXPECT_THAT(commands, ::testing::UnorderedElementsAre("query.latency docker", "query.work docker"));
}

TEST(GithubAction, HasOnlyWhatIsBetterWhenSmaller) {
  StoredRun run = test::sample_run();
  for (int round = 0; round < 10; ++round) {
    run.samples.push_back(
        {"load", "docker", "load.throughput", Unit::kPerSecond, 900.0 + round, round, 0, false});
    run.samples.push_back({"startup", "docker", "harness.probe_load", Unit::kRatio, 0.01, round, 0, false});
    run.samples.push_back({"size", "docker", "size.part.kernel", Unit::kBytes, 5e6, round, 0, false});
    run.samples.push_back({"size", "docker", "size.disk", Unit::kBytes, 2e8, round, 0, false});
  }
  run = derived(run);
  std::set<std::string> names;
  for (const json& entry : json::parse(github_action_export(run))) {
    names.insert(entry.at("name"));
    EXPECT_TRUE(entry.at("value").is_number());
    EXPECT_TRUE(entry.at("unit") == "seconds" || entry.at("unit") == "bytes");
  }
  EXPECT_TRUE(names.count("startup.ready docker"));
  EXPECT_TRUE(names.count("size.disk docker"));
  for (const char* absent :
       {"load.throughput docker", "harness.probe_load docker", "size.part.kernel docker"}) {
    EXPECT_FALSE(names.count(absent)) << absent;
  }
}

TEST(Bencher, HasMediansAndIntervalsOfTheRun) {
  const StoredRun run = derived(test::sample_run());
  const json ready = json::parse(bencher_export(run)).at("libvirt:full").at("startup.ready");
  EXPECT_DOUBLE_EQ(ready.at("value"), summary_median(run, "libvirt:full", "startup.ready"));
  EXPECT_LT(ready.at("lower_value"), ready.at("value"));
  EXPECT_GT(ready.at("upper_value"), ready.at("value"));
}

TEST(Bencher, LeavesOutAnIntervalThatDoesNotExist) {
  const json ready =
      json::parse(bencher_export(derived(test::single_round_run()))).at("docker").at("startup.ready");
  EXPECT_FALSE(ready.contains("lower_value"));
  EXPECT_FALSE(ready.contains("upper_value"));
}

TEST(Hyperfine, HasTheTimesOfTheRun) {
  const StoredRun run = derived(test::run_with_failures());
  const json results = json::parse(hyperfine_export(run)).at("results");
  const auto found = std::find_if(results.begin(), results.end(), [](const json& one) {
    return one.at("command") == "startup.ready libvirt:full";
  });
  ASSERT_NE(found, results.end());
  EXPECT_EQ(found->at("parameters"), (json{{"metric", "startup.ready"}, {"target", "libvirt:full"}}));
  EXPECT_THAT(found->at("times"), SizeIs(8));
  EXPECT_THAT(found->at("exit_codes"), SizeIs(8));
  EXPECT_DOUBLE_EQ(found->at("median"), summary_median(run, "libvirt:full", "startup.ready"));
  EXPECT_TRUE(found->at("user").is_null());  // not known apart from the kernel's
  EXPECT_TRUE(json::parse(hyperfine_export(derived(test::single_round_run())))
                  .at("results")
                  .at(0)
                  .at("stddev")
                  .is_null());
}

/// The grammar of a line, and what the format demands of the whole.
void expect_openmetrics(const std::string& text) {
  static const std::regex point(
      R"re(([a-z_][a-z0-9_]*)(\{([a-z_]+="([^"\\]|\\["\\n])*")(,[a-z_]+="([^"\\]|\\["\\n])*")*\})? (-?[0-9.e+-]+))re");
  static const std::regex comment(R"(# (HELP|TYPE|UNIT) ([a-z_][a-z0-9_]*) (.+))");
  ASSERT_THAT(text, EndsWith("\n# EOF\n"));
  std::istringstream in(text);
  std::set<std::string> families, points;
  std::string family;
  for (std::string line; std::getline(in, line) && line != "# EOF";) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      if (match[1] == "HELP") {
        EXPECT_TRUE(families.insert(match[2]).second) << "a family in two places: " << line;
        family = match[2];
      }
      EXPECT_EQ(match[2], family) << line;
      if (match[1] == "UNIT") {
        EXPECT_THAT(family, EndsWith("_" + match[3].str()));
      }
      continue;
    }
    ASSERT_TRUE(std::regex_match(line, match, point)) << line;
    EXPECT_EQ(match[1], family) << line;
    EXPECT_TRUE(points.insert(line.substr(0, line.rfind(' '))).second) << "a point given twice: " << line;
  }
}

TEST(OpenMetrics, KeepsToItsGrammar) {
  for (const StoredRun& run :
       {hostile_exported_run(), derived(test::sample_run()), derived(test::empty_run()),
        derived(test::single_round_run()), derived(test::dead_target_run())}) {
    expect_openmetrics(openmetrics_export(run));
  }
}

TEST(OpenMetrics, SaysTheStateOfAnyRun) {
  EXPECT_THAT(openmetrics_export(derived(test::sample_run())),
              AllOf(HasSubstr("\nbench_run_complete 1\n"),
                    HasSubstr("\nbench_run_finished_timestamp_seconds 1771064861\n"),
                    HasSubstr("\nbench_failures{scenario=\"startup\",target=\"docker\"} 0\n")));
  EXPECT_THAT(openmetrics_export(derived(test::interrupted_run())), HasSubstr("\nbench_run_complete 0\n"));
  EXPECT_THAT(openmetrics_export(derived(test::dead_target_run())),
              HasSubstr("\nbench_failures{scenario=\"startup\",target=\"libvirt:direct\"} 10\n"));
}

TEST(OpenMetrics, TellsJobsApartByTheirConfiguration) {
  StoredRun run = derived(test::sample_run());
  run.conditions["config"] = std::string("nightly");
  EXPECT_THAT(openmetrics_export(run), HasSubstr("\nbench_run_complete{config=\"nightly\"} 1\n"));
}

std::vector<std::string> attributes(const std::string& text, const std::string& name) {
  std::vector<std::string> found;
  const std::regex pattern(" " + name + "=\"([^\"]*)\"");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern); at != std::sregex_iterator();
       ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

TEST(Junit, PassesWhatWasMeasured) {
  const std::string text = junit_export(derived(test::sample_run()), {});
  EXPECT_THAT(text, HasSubstr("<testcase classname=\"bench.startup\" name=\"docker\""));
  EXPECT_THAT(attributes(text, "tests"), ::testing::ElementsAre("3"));
  EXPECT_THAT(attributes(text, "errors"), ::testing::ElementsAre("0"));
}

TEST(Junit, WhatCouldNotRunIsAnErrorNeverAFailure) {
  for (const StoredRun& run : {test::dead_target_run(), test::empty_run(), test::run_with_failures()}) {
    const std::string text = junit_export(derived(run), {});
    EXPECT_THAT(attributes(text, "failures"), ::testing::ElementsAre("0"));
    EXPECT_THAT(attributes(text, "errors"), Not(::testing::ElementsAre("0"))) << text;
  }
}

TEST(Junit, VerdictsOfAGate) {
  const std::string text =
      junit_export(derived(test::sample_run()),
                   {{"startup", "docker", "startup.ready", GateVerdict::kRegression, "+40 %"},
                    {"startup", "docker", "startup.stop", GateVerdict::kOk, ""},
                    {"startup", "docker", "startup.cpu", GateVerdict::kImprovement, "-20 %"},
                    {"startup", "docker", "startup.app", GateVerdict::kInconclusive, "n = 6"},
                    {"startup", "docker", "startup.init", GateVerdict::kNoBaseline, "3 runs"},
                    {"startup", "docker", "startup.kernel", GateVerdict::kCouldNotMeasure, "gone"},
                    {"startup", "docker", "startup.launch", GateVerdict::kNotConfirmed, ""},
                    {"startup", "x / docker", "startup.ready", GateVerdict::kRegression, "a ratio", false}});
  EXPECT_THAT(attributes(text, "tests"), ::testing::ElementsAre("11"));
  EXPECT_THAT(attributes(text, "failures"), ::testing::ElementsAre("1"));
  EXPECT_THAT(attributes(text, "skipped"), ::testing::ElementsAre("3")) << "what is only watched, too";
  EXPECT_THAT(attributes(text, "errors"), ::testing::ElementsAre("1"));
  EXPECT_THAT(text, HasSubstr("<failure type=\"regression\" message=\"+40 %\">"));
  EXPECT_THAT(text, HasSubstr("watched: regression: a ratio"));
}

TEST(Junit, HoldsNothingThatXmlCannot) {
  for (const char c : junit_export(hostile_exported_run(),
                                   {{"s", "t\x03", "m<", GateVerdict::kRegression, "w\x04&\n]]>"}})) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << static_cast<int>(c);
  }
  EXPECT_THAT(junit_export(hostile_exported_run(), {}),
              AllOf(Not(HasSubstr("<script>")), Not(HasSubstr("\xEF\xBF\xBF"))));
}

TEST(CiSummary, SaysTheStateFirst) {
  EXPECT_THAT(ci_summary_export(derived(test::sample_run())),
              ::testing::StartsWith("### ✅ bench: complete\n"));
  EXPECT_THAT(ci_summary_export(derived(test::run_with_failures())),
              ::testing::StartsWith("### ⚠️ bench"));
  EXPECT_THAT(ci_summary_export(derived(test::empty_run())), ::testing::StartsWith("### ❌ bench: failed\n"));
}

}  // namespace
}  // namespace bench
