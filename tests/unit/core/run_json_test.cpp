#include "bench/core/run_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "bench/base/error.h"
#include "support/sample_run.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using Json = nlohmann::json;

/// A run with something in every field, derived ones included.
Run full_run() {
  Run run = test::run_with_failures();
  run.summaries = {{"startup", "docker", "startup.ready", Unit::kSeconds, 10, 1, 0.61, 0.62, 0.01, 0.6, 0.7,
                    std::nullopt, Interval{0.6, 0.65}, 1},
                   {"startup", "libvirt:direct", "startup.ready", Unit::kSeconds, 1, 0, 11, 11, std::nullopt,
                    11, 11, 11.0, std::nullopt, 0}};
  run.comparisons = {{"startup", "startup.ready", "docker", "libvirt:direct", 18.7, Interval{17.5, 20.1},
                      10.8, Verdict::kSlower, "because", 0.07, 10}};
  run.claims = {
      {"c1", "Containers start faster", ClaimVerdict::kSupported, 18.7, Interval{17.5, 20.1}, "why"},
      {"c2", "x", ClaimVerdict::kInconclusive, std::nullopt, std::nullopt, ""}};
  return run;
}

std::string error_of(const std::string& text) {
  try {
    run_from_json(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_FALSE(error.remedy().empty());
    return error.what();
  }
  return "no error";
}

/// The error after `change` was made to a good run's JSON.
template <typename F>
std::string error_after(F&& change) {
  Json json = Json::parse(to_json(full_run()));
  change(json);
  return error_of(json.dump());
}

class StoredRun : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("bench-run-json-" + std::to_string(::getpid()));
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }
  static std::string checkpoint(const bench::Run& run) {
    std::string text = checkpoint_header(run) + "\n";
    for (const Sample& sample : run.samples) {
      text += to_json_line(sample) + "\n";
    }
    for (const Failure& failure : run.failures) {
      text += to_json_line(failure) + "\n";
    }
    return text;
  }
  [[nodiscard]] std::string load_error(const fs::path& path) const {
    try {
      load_run(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path dir_;
};

TEST(RunJson, GivesBackEveryFieldExactly) {
  for (const bench::Run& run : {full_run(), test::empty_run(), test::single_round_run(), bench::Run{}}) {
    EXPECT_EQ(run_from_json(to_json(run)), run);
    EXPECT_EQ(to_json(run_from_json(to_json(run))), to_json(run));
  }
}

TEST(RunJson, KeepsParametersTraitsAndTheBaseline) {
  bench::Run run = full_run();
  run.baseline = run.targets.back().name;
  run.targets[0].parameters = {{"accel", "tcg"}, {"cpus", "2"}};
  run.targets[0].env = {{"MODE", "hmac-sha256:00112233445566778899aabbccddeeff"}};
  run.targets[0].traits = {.kernel = KernelOf::kUserSpace,
                           .boundary = Boundary::kProcessKernel,
                           .firmware = true,
                           .serial_console = true,
                           .polite_stop = false,
                           .stop_resolution = 0.2,
                           .roles = {{"monitor", "what watches it"}, {"app", "the app"}}};
  EXPECT_EQ(run_from_json(to_json(run)), run);
}

TEST(RunJson, KeepsWhatAnAppWasBuiltBy) {
  bench::Run run = full_run();
  run.targets[0].source = {SourceKind::kBuild, "/apps/mine", "sha256:11", "22", Instrumentation::kNone, {}};
  run.targets[0].source.builder = "docker 28.2.2 (BuildKit)";
  EXPECT_EQ(run_from_json(to_json(run)), run);
}

TEST(RunJson, ARunOfAnOlderBenchGetsTheTraitsOfItsTwoDrivers) {
  nlohmann::json json = nlohmann::json::parse(to_json(full_run()));
  for (auto& target : json["targets"]) target.erase("traits");
  const bench::Run run = run_from_json(json.dump());
  ASSERT_GT(run.targets.size(), 1U);
  for (const TargetInfo& target : run.targets) {
    EXPECT_EQ(target.traits, traits_of_old_run(target.kind, target.acceleration, target.profile))
        << target.name;
  }
}

TEST(RunJson, KeepsExtremeNumbersAndText) {
  bench::Run run = test::one_target_run();
  run.seed = std::numeric_limits<std::uint64_t>::max();
  run.samples[0].value = 0.1 + 0.2;
  run.samples[1].value = std::numeric_limits<double>::denorm_min();
  run.samples[2].target = "q\"uote\\ \n\t\x01 ü € 😀";
  run.environment.fingerprint["big"] = std::numeric_limits<std::int64_t>::min();
  run.environment.fingerprint["whole"] = 2.0;
  EXPECT_EQ(run_from_json(to_json(run)), run);
}

TEST(RunJson, HowAnImagesProgramWasStartedComesBack) {
  bench::Run run = full_run();
  EXPECT_FALSE(Json::parse(to_json(run))["targets"][0]["equivalence"].contains("limits"));
  Equivalence& says = run.targets[0].equivalence;
  says.command = "c";
  says.environment = "e";
  says.user = "1:2+3";
  says.workdir = "/";
  says.limits = "core:0:-1";
  EXPECT_EQ(run_from_json(to_json(run)), run);
}

TEST(RunJson, UnknownIsNull) {
  bench::Run run = test::empty_run();
  run.targets[0].cpus = 0;
  run.targets[0].memory_bytes = 0;
  run.targets[0].equivalence = {};
  const Json json = Json::parse(to_json(run));
  EXPECT_TRUE(json["finished_at"].is_null());
  EXPECT_TRUE(json["wall_seconds"].is_null());
  EXPECT_TRUE(json["environment"]["fingerprint"]["governor"].is_null());
  EXPECT_TRUE(json["targets"][0]["cpus"].is_null());
  EXPECT_TRUE(json["targets"][0]["equivalence"]["python"].is_null());
  EXPECT_TRUE(Json::parse(to_json(full_run()))["summaries"][1]["stddev"].is_null());
  EXPECT_TRUE(Json::parse(to_json(full_run()))["comparisons"][0]["ci95"].is_array());
}

TEST(RunJson, KeysComeInTheDocumentedOrder) {
  const nlohmann::ordered_json json = nlohmann::ordered_json::parse(to_json(full_run()));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) {
    keys.push_back(key);
  }
  EXPECT_THAT(keys, ::testing::ElementsAre("schema", "run_id", "suite", "command", "seed", "started_at",
                                           "finished_at", "status", "stopped_by", "rounds", "warmup_rounds",
                                           "wall_seconds", "trials_seconds", "conditions", "environment",
                                           "targets", "claim_definitions", "samples", "failures", "summaries",
                                           "comparisons", "claims"));
  EXPECT_THAT(to_json(full_run()), EndsWith("\n}\n"));
}

TEST(RunJson, TextThatIsNotUtf8DoesNotCostTheRun) {
  bench::Run run = full_run();
  run.failures[0].message = "console \xff\xfe said";
  EXPECT_THAT(run_from_json(to_json(run)).failures[0].message, HasSubstr("console"));
}

TEST(RunJson, AValueThatIsNoNumberIsRefusedWhenItIsWritten) {
  Sample sample = test::one_target_run().samples[0];
  sample.value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(to_json_line(sample), Error);
  sample.value = std::numeric_limits<double>::infinity();
  EXPECT_THROW(to_json_line(sample), Error);
}

TEST(RunJson, ErrorsNameTheField) {
  EXPECT_EQ(error_after([](Json& j) { j["samples"][3]["value"] = "x"; }),
            "run.json: samples[3].value: expected a number");
  EXPECT_EQ(error_after([](Json& j) { j["samples"][3]["value"] = nullptr; }),
            "run.json: samples[3].value: expected a number");
  EXPECT_EQ(error_after([](Json& j) { j["samples"][0].erase("unit"); }),
            "run.json: samples[0]: the field \"unit\" is missing");
  EXPECT_EQ(error_after([](Json& j) { j["samples"][0]["round"] = -1; }),
            "run.json: samples[0].round: expected a whole number that is not negative");
  EXPECT_EQ(error_after([](Json& j) { j["samples"][0]["round"] = 1.5; }),
            "run.json: samples[0].round: expected a whole number that is not negative");
  EXPECT_EQ(error_after([](Json& j) { j["samples"][0]["round"] = 1ULL << 40; }),
            "run.json: samples[0].round: the number is too large");
  EXPECT_EQ(error_after([](Json& j) { j["targets"][1]["engine"]["qemu"] = Json::array(); }),
            "run.json: targets[1].engine.qemu: expected null, true, false, a number or a string");
  EXPECT_EQ(error_after([](Json& j) { j["targets"] = 3; }), "run.json: targets: expected a list");
  EXPECT_EQ(error_after([](Json& j) { j["status"] = "done"; }),
            "run.json: status: \"done\" is none of: complete, interrupted, failed");
  EXPECT_EQ(error_after([](Json& j) { j["comparisons"][0]["ci95"] = {1}; }),
            "run.json: comparisons[0].ci95: expected [low, high]");
  EXPECT_EQ(error_after([](Json& j) { j.erase("samples"); }), "run.json: the field \"samples\" is missing");
}

TEST(RunJson, AnotherSchemaIsNamedBesideOurs) {
  EXPECT_THAT(error_after([](Json& j) { j["schema"] = "bench.run/2"; }),
              AllOf(HasSubstr("schema"), HasSubstr("bench.run/2"), HasSubstr("bench.run/1")));
}

TEST(RunJson, MalformedTextNamesTheByte) {
  EXPECT_EQ(error_of("{\"schema\": "), "run.json: not valid JSON at byte 12");
  EXPECT_THAT(error_of(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(error_of("null"), HasSubstr("expected an object"));
  EXPECT_THAT(error_of("{\"schema\": 1e999}"), HasSubstr("out of range"));
  const std::string good = to_json(full_run());
  for (std::size_t cut = 0; cut + 3 < good.size(); cut += 97) {
    EXPECT_THAT(error_of(good.substr(0, cut)), HasSubstr("not valid JSON")) << cut;
  }
}

TEST(RunJson, UnknownFieldsAreIgnoredAndDerivedOnesMayBeMissing) {
  Json json = Json::parse(to_json(full_run()));
  json["new"] = {{"nested", {1, 2}}};
  json["samples"][0]["note"] = "x";
  json.erase("summaries");
  json.erase("comparisons");
  json.erase("claims");
  bench::Run expected = full_run();
  expected.summaries.clear();
  expected.comparisons.clear();
  expected.claims.clear();
  EXPECT_EQ(run_from_json(json.dump()), expected);
}

TEST(RunJson, LinesOfTheCheckpointHoldNoNewline) {
  const bench::Run run = test::run_with_failures();
  EXPECT_EQ(checkpoint_header(run).find('\n'), std::string::npos);
  EXPECT_EQ(to_json_line(run.samples[0]).find('\n'), std::string::npos);
  EXPECT_EQ(to_json_line(run.failures[2]).find('\n'), std::string::npos);
}

TEST_F(StoredRun, IsReadFromItsDirectoryOrItsFile) {
  write("run.json", to_json(full_run()));
  EXPECT_EQ(load_run(dir_), full_run());
  EXPECT_EQ(load_run(dir_ / "run.json"), full_run());
}

TEST_F(StoredRun, IsRecoveredFromTheCheckpointAlone) {
  bench::Run run = test::run_with_failures();
  write("samples.jsonl", checkpoint(run));
  run.status = RunStatus::kInterrupted;
  EXPECT_EQ(load_run(dir_), run);
  EXPECT_EQ(load_run(dir_ / "samples.jsonl"), run);
}

TEST_F(StoredRun, DropsATornLastLineAtEveryByte) {
  const bench::Run run = test::single_round_run();
  const std::string text = checkpoint(run);
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (std::size_t cut = last; cut < text.size() - 1; ++cut) {
    write("samples.jsonl", text.substr(0, cut));
    EXPECT_EQ(load_run(dir_).samples.size(), run.samples.size() - 1) << cut;
  }
  write("samples.jsonl", text.substr(0, text.size() - 1));  // only the newline is missing
  EXPECT_EQ(load_run(dir_).samples.size(), run.samples.size());
}

TEST_F(StoredRun, ABadLineInTheMiddleIsAnError) {
  std::string text = checkpoint(test::single_round_run());
  text.insert(text.find('\n') + 1, "{\"sample\": {\n");
  write("samples.jsonl", text);
  EXPECT_THAT(load_error(dir_), HasSubstr("samples.jsonl:2: not valid JSON"));
  write("samples.jsonl", "");
  EXPECT_THAT(load_error(dir_), HasSubstr("nothing was measured"));
}

TEST_F(StoredRun, AnUnfinishedRunTakesWhatTheCheckpointHasMore) {
  bench::Run early = test::interrupted_run();
  early.summaries = full_run().summaries;
  write("run.json", to_json(early));
  const bench::Run later = test::sample_run();
  write("samples.jsonl", checkpoint(later));
  const bench::Run loaded = load_run(dir_);
  EXPECT_EQ(loaded.samples, later.samples);
  EXPECT_EQ(loaded.status, RunStatus::kInterrupted);
  EXPECT_TRUE(loaded.summaries.empty());
}

TEST_F(StoredRun, ACompleteRunDoesNotLookAtTheCheckpoint) {
  write("run.json", to_json(test::sample_run()));
  write("samples.jsonl", "junk\njunk\n");
  EXPECT_EQ(load_run(dir_), test::sample_run());
}

TEST_F(StoredRun, SaysWhatIsWrong) {
  EXPECT_THAT(load_error(dir_), HasSubstr("no run is stored here"));
  EXPECT_THAT(load_error(dir_ / "nowhere"), HasSubstr("no run is stored here"));
  write("run.json", "{");
  EXPECT_THAT(load_error(dir_), AllOf(HasSubstr((dir_ / "run.json").string()), HasSubstr("not valid JSON")));
  write("samples.jsonl", checkpoint(test::single_round_run()));
  try {
    load_run(dir_);
    FAIL() << "a corrupt run.json was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.remedy(), HasSubstr("samples.jsonl"));
  }
}

}  // namespace
}  // namespace bench
