#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

// The reader copies file names with strncpy, which g++ 12 takes for a mistake.
#pragma GCC diagnostic push
#ifdef __GNUC__
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#endif
#endif
#include <libfccp/csv.h>
#pragma GCC diagnostic pop

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The main job, on a real container engine and a real VM.

double sample(const json& run, const std::string& target, const std::string& metric, int round) {
  for (const auto& row : run.at("samples")) {
    if (row.at("target") == target && row.at("metric") == metric && row.at("round") == round &&
        !row.at("warmup").get<bool>()) {
      return row.at("value").get<double>();
    }
  }
  return std::nan("");
}

void expect_marks_in_order(const json& run, const std::string& target,
                           const std::vector<std::string>& phases) {
  for (int round = 0; round < run.at("rounds").get<int>(); ++round) {
    double before = 0;
    for (const std::string& phase : phases) {
      const double mark = sample(run, target, "startup." + phase, round);
      EXPECT_GE(mark, before) << target << ", round " << round << ", " << phase;
      before = mark;
    }
  }
}

TEST(Startup, AContainerAndAVmAreMeasuredComparedAndStored) {
  World world;
  world.env["BENCHMARK_FILTER"] = "none";  // hostile: Google Benchmark would run nothing
  world.env["BENCHMARK_LIST_TESTS"] = "true";
  world.env["BENCHMARK_OUT"] = (world.scratch() / "stray.json").string();
  const Outcome outcome = world.bench({"run", "startup", "--rounds", "3", "--targets",
                                       "docker,libvirt:direct", "--out", world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(world.scratch() / "stray.json"));
  EXPECT_THAT(outcome.out, HasSubstr("container ready in"));

  const json run = world.run();
  EXPECT_EQ(run.at("schema"), "bench.run/1");
  EXPECT_EQ(run.at("status"), "complete");
  EXPECT_THAT(run.at("failures"), IsEmpty());
  for (const char* key : {"run_id", "suite", "command", "seed", "started_at", "finished_at", "environment",
                          "targets", "samples", "summaries", "comparisons", "claims"}) {
    EXPECT_TRUE(run.contains(key)) << key;
  }
  for (const char* target : {"docker", "libvirt:direct"}) {
    EXPECT_EQ(values(run, target, "startup.ready").size(), 3U) << target;
    EXPECT_EQ(values(run, target, "startup.cpu").size(), 3U) << target;
    EXPECT_EQ(values(run, target, "startup.stop").size(), 3U) << target;
  }
  expect_marks_in_order(run, "docker", {"create", "launch", "runtime", "app", "ready"});
  expect_marks_in_order(run, "libvirt:direct",
                        {"create", "launch", "firmware", "kernel", "init", "runtime", "app", "ready"});
  EXPECT_THAT(values(run, "docker", "startup.kernel"), IsEmpty()) << "absent, not zero";

  // The two sides are the same app, and say so themselves.
  const json& container = run.at("targets").at(0);
  const json& vm = run.at("targets").at(1);
  EXPECT_EQ(vm.at("kind"), "vm");
  for (const char* key : {"app_sha256", "python", "flask", "cpus"}) {
    EXPECT_EQ(container.at("equivalence").at(key), vm.at("equivalence").at(key)) << key;
    EXPECT_FALSE(container.at("equivalence").at(key).is_null()) << key;
  }
  EXPECT_NE(container.at("equivalence").at("kernel"), vm.at("equivalence").at("kernel"));
  EXPECT_THAT(vm.at("acceleration").get<std::string>(), AnyOf(Eq("kvm"), Eq("kvm-nested"), Eq("tcg")));
  if (vm.at("acceleration") == "tcg") {
    EXPECT_THAT(outcome.out, HasSubstr("TCG"));
    EXPECT_FALSE(run.at("comparisons").empty());
    for (const auto& comparison : run.at("comparisons")) {
      EXPECT_EQ(comparison.at("verdict"), "not comparable") << "a figure under emulation backs no claim";
    }
  }

  // The CSV is what the JSON is, and another reader reads it.
  io::CSVReader<5, io::trim_chars<>, io::double_quote_escape<',', '"'>> csv(
      (world.results() / "samples.csv").string());
  csv.read_header(io::ignore_extra_column, "target", "metric", "value", "round", "warmup");
  std::string target, metric, warmup;
  double value = 0;
  int round = 0;
  std::size_t rows = 0;
  while (csv.read_row(target, metric, value, round, warmup)) ++rows;
  EXPECT_EQ(rows, run.at("samples").size());

  // A report from the stored run gives the derived parts back.
  const Outcome again = world.bench({"report", world.results().string()}, 30);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("container ready in"));
  EXPECT_TRUE(std::filesystem::exists(world.results() / "report.md"));
}

double shift(const json& run, const std::string& metric, const std::string& a, const std::string& b) {
  for (const auto& comparison : run.at("comparisons")) {
    if (comparison.at("metric") == metric && comparison.at("a") == a && comparison.at("b") == b) {
      return comparison.at("shift").get<double>();
    }
  }
  return std::nan("");
}

// Both apps are targets of one run, so that what the host does meanwhile is the same for both.
TEST(KnownTruth, TwoSecondsOfSleepMoveTheContainerByTwoSeconds) {
  World world;
  const Outcome outcome =
      world.bench({"run", "startup", "--rounds", "5", "--targets",
                   "docker@" + truth("plain").string() + ",docker@" + truth("delay").string(), "--out",
                   world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NEAR(shift(world.run(), "startup.ready", "docker@plain", "docker@delay"), 2.0, 0.1);
}

/// Seconds from the app's first line to ready, for every round.
std::vector<double> from_first_line(const json& run, const std::string& target) {
  std::vector<double> phases;
  for (int round = 0; round < run.at("rounds").get<int>(); ++round) {
    phases.push_back(sample(run, target, "startup.ready", round) -
                     sample(run, target, "startup.runtime", round));
  }
  return phases;
}

TEST(KnownTruth, TwoSecondsOfSleepMoveTheVm) {
  World world;
  const std::string plain = "libvirt:direct@plain", sleep = "libvirt:direct@delay";
  std::map<std::string, std::vector<double>> ready, phase;
  const auto moved = [&](const std::map<std::string, std::vector<double>>& by_target) {
    return median(by_target.at(sleep)) - median(by_target.at(plain));
  };
  const Outcome outcome =
      world.bench({"run", "startup", "--rounds", "4", "--warmup", "0", "--targets",
                   "libvirt:direct@" + truth("plain").string() + ",libvirt:direct@" + truth("delay").string(),
                   "--out", world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  for (const std::string& target : {plain, sleep}) {
    ready[target] = values(run, target, "startup.ready");
    phase[target] = from_first_line(run, target);
    ASSERT_EQ(ready[target].size(), 4U);
  }
  // From its first line on only the app runs; a whole emulated boot varies by a good part of the truth. An
  // instrument that doubles or halves what it sees fails either way.
  EXPECT_GE(moved(phase), 1.5);
  EXPECT_LE(moved(phase), 3.0);
  EXPECT_GT(moved(ready), 0);
  EXPECT_LE(moved(ready), 5.0);
}

TEST(KnownTruth, ATargetAgainstItselfIsNeverFaster) {
  World world;
  const Outcome outcome = world.bench(
      {"run", "startup", "--rounds", "10", "--targets", "docker,docker", "--out", world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  std::size_t compared = 0;
  for (const auto& comparison : run.at("comparisons")) {
    if (comparison.at("metric") != "startup.ready") continue;
    ++compared;
    EXPECT_THAT(comparison.at("verdict").get<std::string>(), AnyOf(Eq("equivalent"), Eq("inconclusive")))
        << comparison.dump();
  }
  EXPECT_EQ(compared, 1U);

  // How finely ready is seen, and what looking costs.
  std::vector<double> resolutions;
  for (const auto& row : run.at("samples")) {
    if (row.at("metric") == "startup.ready") resolutions.push_back(row.at("resolution").get<double>());
  }
  EXPECT_LE(median(resolutions), 0.002);
  EXPECT_LT(median(values(run, "docker", "harness.probe_load")), 0.05);
}

// Each setting has a connection of its own to libvirt; two that were set up at once once ended the program.
TEST(Startup, TwoSettingsOfAnEngineStandInOneRun) {
  World world;
  const std::string emulated = "libvirt:direct?accel=tcg", automatic = "libvirt:direct";
  const Outcome outcome =
      world.bench({"run", "startup", "--rounds", "1", "--warmup", "0", "--targets",
                   emulated + "," + automatic, "--baseline", emulated, "--out", world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  EXPECT_EQ(values(run, emulated, "startup.ready").size(), 1U);
  EXPECT_EQ(values(run, automatic, "startup.ready").size(), 1U);
  ASSERT_FALSE(run.at("comparisons").empty());
  for (const auto& comparison : run.at("comparisons")) EXPECT_EQ(comparison.at("a"), emulated);
}

TEST(Startup, TheFullVmBootsAsADistributionDoes) {
  World world;
  const Outcome outcome = world.bench({"run", "startup", "--rounds", "1", "--warmup", "0", "--targets",
                                       "libvirt:direct,libvirt:full", "--out", world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  expect_marks_in_order(run, "libvirt:full",
                        {"create", "launch", "firmware", "kernel", "init", "runtime", "app", "ready"});
  EXPECT_GE(median(values(run, "libvirt:full", "startup.ready")),
            2.0 * median(values(run, "libvirt:direct", "startup.ready")))
      << "firmware, boot loader and systemd cost something";
}

TEST(Doctor, SaysOfBothEnginesThatTheyWorkAndHowGuestsRun) {
  World world;
  const Outcome outcome = world.bench({"doctor", "--json"}, 60);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  const json rows = json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(rows.is_array());
  std::set<std::string> seen;
  for (const auto& row : rows) {
    const auto status = row.at("status").get<std::string>();
    seen.insert(row.at("area").get<std::string>() + "/" + row.at("item").get<std::string>());
    EXPECT_THAT(status, AnyOf(Eq("ok"), Eq("warn"), Eq("missing"), Eq("info"))) << row.dump();
    EXPECT_TRUE((status != "warn" && status != "missing") || row.at("remedy") != "") << row.dump();
  }
  for (const char* row : {"docker/engine", "libvirt/engine", "libvirt/acceleration", "host/disk space"}) {
    EXPECT_THAT(seen, Contains(row));
  }
}

TEST(Startup, TheJsonOutputIsTheRunAndNothingElse) {
  World world;
  const Outcome outcome = world.bench({"run", "startup", "--rounds", "1", "--targets", "docker", "--json",
                                       "--quiet", "--out", world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out, nullptr, false), world.run());
}

}  // namespace
}  // namespace bench::e2e
