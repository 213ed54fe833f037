#include "bench/app/run/run_retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "bench/base/files.h"
#include "unit/images/temp_dir.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kNow = 1771064861;  // 2026-02-14T10:27:41Z

/// Ten nights: night-01 (the oldest) to night-10.
class Retaining : public ::testing::Test {
 protected:
  Retaining() {
    for (int night = 1; night <= 10; ++night) add(name(night), night);
  }

  static std::string name(int night) {
    return "night-" + std::string(night < 10 ? "0" : "") + std::to_string(night);
  }

  void add(const std::string& run, int day, const std::string& schema = "bench.run/1",
           const std::string& status = "complete") {
    const std::string date = std::string("2026-02-") + (day < 10 ? "0" : "") + std::to_string(day);
    dir.write(run + "/run.json", "{\"schema\": \"" + schema + "\", \"run_id\": \"x\", \"started_at\": \"" +
                                     date + "T01:00:00Z\", \"status\": \"" + status +
                                     "\", \"samples\": [{}]}");
    for (const char* file : {"samples.jsonl", "samples.csv", "charts/a.svg", "report.md"})
      dir.write(run + "/" + file, "x");
  }
  [[nodiscard]] bool there(const std::string& path) const { return fs::exists(dir.path() / path); }
  Pruned apply(const Retention& rules, const std::string& current = "night-10") {
    return prune(dir.path(), dir.path() / current, rules, kNow);
  }

  test::TempDir dir;
};

TEST_F(Retaining, WithoutARuleNothingIsTouched) {
  EXPECT_THAT(apply({}).removed, IsEmpty());
  EXPECT_TRUE(there("night-01/charts/a.svg"));
}

TEST_F(Retaining, TheRawDataOfTheLastRunsStay) {
  const Pruned pruned = apply({3, {}, {}, {}});
  EXPECT_THAT(pruned.removed, SizeIs(7));
  EXPECT_THAT(pruned.removed, ::testing::Contains(HasSubstr("night-07: samples.jsonl, samples.csv, charts")));
  EXPECT_TRUE(there("night-08/samples.jsonl"));
  EXPECT_FALSE(there("night-07/samples.jsonl"));
  EXPECT_FALSE(there("night-07/charts"));
  EXPECT_TRUE(there("night-07/run.json"));
  EXPECT_TRUE(there("night-07/report.md"));
  EXPECT_THAT(apply({3, {}, {}, {}}).removed, IsEmpty());  // once is enough
}

TEST_F(Retaining, WholeRunsGo) {
  EXPECT_THAT(apply({{}, {}, 4, {}}).removed, SizeIs(6));
  EXPECT_FALSE(there("night-06"));
  EXPECT_TRUE(there("night-07/samples.jsonl"));
}

TEST_F(Retaining, ConfirmingRunsGoWithTheirRun) {
  dir.write("night-01/confirm/20260201T020000Z/run.json", "{}");
  apply({{}, {}, 4, {}});
  EXPECT_FALSE(there("night-01"));
}

TEST_F(Retaining, DaysCountFromTheStartOfTheRun) {
  apply({{}, {}, {}, 5});  // it is the 14th
  EXPECT_FALSE(there("night-09"));
  EXPECT_TRUE(there("night-10"));
}

TEST_F(Retaining, ARunStaysWhileAnyOfItsRulesHolds) {
  apply({{}, {}, 2, 9});
  EXPECT_FALSE(there("night-05"));
  EXPECT_TRUE(there("night-06/run.json"));  // 8 days and some hours
}

TEST_F(Retaining, TheRunThatHasJustEndedStaysWhateverTheClock) {
  apply({{}, {}, 1, {}}, "night-01");  // the clock was set back
  EXPECT_TRUE(there("night-01/run.json"));
  EXPECT_TRUE(there("night-10/run.json"));
  EXPECT_FALSE(there("night-09"));
}

TEST_F(Retaining, APinnedRunStaysWhole) {
  dir.write("night-01/keep", "");
  apply({1, {}, 1, {}});
  EXPECT_TRUE(there("night-01/samples.jsonl"));
  EXPECT_FALSE(there("night-02"));
}

TEST_F(Retaining, ABaselineStaysWhole) {
  dir.write("pins.json", "{\"release-1\": \"night-03\", \"elsewhere\": \"/nowhere/x\", \"absolute\": \"" +
                             (dir.path() / "night-04").string() + "\"}");
  apply({1, {}, 1, {}});
  EXPECT_TRUE(there("night-03/samples.jsonl"));
  EXPECT_TRUE(there("night-04/samples.jsonl"));
  EXPECT_FALSE(there("night-05"));
}

TEST_F(Retaining, BaselinesThatCannotBeReadProtectEverything) {
  for (const char* text : {"", "{\"a\":", "[]", "{\"a\": 7}"}) {
    dir.write("pins.json", text);
    EXPECT_THAT(apply({{}, {}, 1, {}}).problems, SizeIs(1)) << text;
    EXPECT_TRUE(there("night-01/run.json"));
  }
}

TEST_F(Retaining, WhatIsNotARunOfOursIsNeverTouched) {
  add("other-schema", 1, "bench.run/99");
  dir.write("corrupt/run.json", "{\"sche");
  dir.write("foreign/run.json", "{\"name\": \"marathon\", \"started_at\": \"2026-02-01T01:00:00Z\"}");
  dir.write("nested/run.json",
            "{\"a\": {\"schema\": \"bench.run/1\", \"started_at\": \"2026-02-01T01:00:00Z\", \"status\": "
            "\"complete\"}}");
  dir.write("no-run/notes.txt", "x");
  dir.write("file", "x");
  const test::TempDir elsewhere;
  elsewhere.write("run/run.json", file_text(dir.path() / "night-01/run.json"));
  fs::create_directory_symlink(elsewhere.path() / "run", dir.path() / "link");
  dir.write("through/x", "x");
  fs::create_symlink(dir.path() / "night-01/run.json", dir.path() / "through/run.json");
  apply({{}, {}, 1, {}});
  for (const char* path : {"other-schema/samples.jsonl", "corrupt/run.json", "foreign/run.json",
                           "nested/run.json", "no-run/notes.txt", "file", "link", "through/x"}) {
    EXPECT_TRUE(there(path) || fs::is_symlink(dir.path() / path)) << path;
  }
  EXPECT_TRUE(fs::exists(elsewhere.path() / "run/run.json"));
  EXPECT_FALSE(there("night-09"));
}

TEST_F(Retaining, AStrangersFileInARunStays) {
  dir.write("night-01/thesis.md", "x");
  const test::TempDir elsewhere;
  elsewhere.write("photos/a.jpg", "x");
  fs::remove_all(dir.path() / "night-02/charts");
  fs::create_directory_symlink(elsewhere.path() / "photos", dir.path() / "night-02/charts");
  const Pruned pruned = apply({{}, {}, 1, {}});
  EXPECT_TRUE(there("night-01/thesis.md"));
  EXPECT_FALSE(there("night-01/run.json"));
  EXPECT_THAT(pruned.removed, ::testing::Contains(HasSubstr("the rest is not bench's, and stays")));
  EXPECT_FALSE(there("night-02"));
  EXPECT_TRUE(fs::exists(elsewhere.path() / "photos/a.jpg"));
}

TEST_F(Retaining, TheCheckpointOfARunThatEndedEarlyStays) {
  add("cut-short", 1, "bench.run/1", "interrupted");
  apply({1, {}, {}, {}});
  EXPECT_TRUE(there("cut-short/samples.jsonl"));  // it may hold more than run.json
  EXPECT_FALSE(there("night-01/samples.jsonl"));
}

TEST_F(Retaining, AnotherHostsRunsAreNeitherRemovedNorCounted) {
  const auto of = [&](const std::string& run, const std::string& host, int day) {
    dir.write(run + "/run.json", "{\"schema\": \"bench.run/1\", \"started_at\": \"2026-02-" +
                                     std::to_string(day) +
                                     "T01:00:00Z\", \"status\": \"complete\", \"conditions\": {\"cache\": "
                                     "\"warm\"}, \"environment\": {\"host\": {\"id\": \"" +
                                     host + "\", \"name\": \"x\"}, \"fingerprint\": {\"cores\": 2}}}");
    dir.write(run + "/samples.jsonl", "x");
  };
  for (int day = 10; day <= 13; ++day) {
    of("a-" + std::to_string(day), "A", day);
    of("b-" + std::to_string(day), "B", day);
  }
  apply({1, {}, 2, {}}, "a-13");
  EXPECT_FALSE(there("a-11"));
  EXPECT_TRUE(there("a-12/run.json")) << "the runs of B take no place of A's";
  EXPECT_FALSE(there("a-12/samples.jsonl"));
  for (int day = 10; day <= 13; ++day) {
    EXPECT_TRUE(there("b-" + std::to_string(day) + "/samples.jsonl")) << day;
  }
  EXPECT_TRUE(there("night-01/samples.jsonl")) << "which does not say whose it is, so it may be B's";
}

TEST_F(Retaining, RunsThatDoNotSayTheirHostGoWithThoseOfTheSameMachine) {
  const auto of = [&](const std::string& run, const std::string& host, int cores) {
    dir.write(
        run + "/run.json",
        "{\"schema\": \"bench.run/1\", \"started_at\": \"2026-02-01T01:00:00Z\", \"status\": \"complete\", "
        "\"environment\": {\"host\": " +
            host + ", \"fingerprint\": {\"cores\": " + std::to_string(cores) + "}}}");
  };
  of("current", "{\"id\": \"A\", \"name\": \"x\"}", 2);
  of("same", "null", 2);
  of("another", "null", 4);
  apply({{}, {}, {}, 1}, "current");
  EXPECT_FALSE(there("same"));
  EXPECT_TRUE(there("another"));
}

TEST_F(Retaining, ADirectoryThatIsNotThereIsSaid) {
  EXPECT_THAT(prune(dir.path() / "nothing", dir.path(), {{}, {}, 1, {}}, kNow).problems, SizeIs(1));
}

}  // namespace
}  // namespace bench
