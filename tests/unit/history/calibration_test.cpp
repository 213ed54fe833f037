#include "bench/history/calibration/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "bench/history/calibration/known_truths.h"
#include "bench/history/calibration/noise_floors.h"
#include "bench/stats/bootstrap.h"
#include "bench/stats/judge/derive.h"
#include "bench/stats/noise.h"
#include "support/directory.h"

namespace bench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kMiB = 1024.0 * 1024;

TargetInfo target(const std::string& name, Kind kind = Kind::kContainer) {
  TargetInfo info;
  info.name = name;
  info.kind = kind;
  info.acceleration = kind == Kind::kVm ? Acceleration::kKvm : Acceleration::kNone;
  info.traits = traits_of_old_run(kind, info.acceleration, "full");
  return info;
}

void add(Run& run, const std::string& scenario, const std::string& name, const std::string& metric, Unit unit,
         const std::vector<double>& values) {
  for (std::size_t round = 0; round < values.size(); ++round) {
    run.samples.push_back({scenario, name, metric, unit, values[round], static_cast<int>(round)});
  }
}

/// docker against itself, its start-up times given.
Run twins(const std::vector<double>& a, const std::vector<double>& b) {
  Run run;
  run.run_id = "aa-1";
  run.targets = {target("docker"), target("docker#2")};
  add(run, "startup", "docker", "startup.ready", Unit::kSeconds, a);
  add(run, "startup", "docker#2", "startup.ready", Unit::kSeconds, b);
  add(run, "startup", "docker", "harness.mark_lag", Unit::kSeconds, a);
  derive(run);
  return run;
}

TEST(NoiseFloors, WithoutIntervalsItIsTheUsualDifferenceOfTwoMedians) {
  const std::vector<bench::Run> runs = {twins({1, 1, 1}, {1.02, 1.01, 1.03}),
                                        twins({1.1, 1.2, 1}, {1.05, 1, 1.06})};
  const AaFindings findings = noise_floors(runs);
  ASSERT_THAT(findings.floors, SizeIs(1)) << "what is about the measuring has none";
  const NoiseFloor& floor = findings.floors.front();
  EXPECT_EQ(floor.scenario + " " + floor.metric + " " + floor.target, "startup startup.ready docker");
  const std::vector<double> medians = {1, 1.02, 1.1, 1.05};
  EXPECT_DOUBLE_EQ(floor.between, usual_difference(medians)->share);
  EXPECT_EQ(floor.between_range, usual_difference(medians)->range);
  EXPECT_EQ(floor.share, floor.between);
  EXPECT_FALSE(floor.within.has_value()) << "three rounds give no interval";
  EXPECT_FALSE(floor.detectable.has_value());
  EXPECT_EQ(floor.runs, 2);
  EXPECT_THAT(findings.told_apart, IsEmpty());
}

TEST(NoiseFloors, TheMiddleIntervalCountsWhereItIsMore) {
  const std::vector<double> calm = {1, 1.01, 1, 1.01, 1, 1.01, 1, 1.01};
  const std::vector<double> wild = {1, 1.4, 0.7, 1.2, 0.8, 1.3, 0.9, 1.1};
  const std::vector<double> other = {1.3, 0.7, 1.2, 0.8, 1.1, 0.9, 1.4, 1};
  const std::vector<bench::Run> runs = {twins(calm, calm), twins(wild, other), twins(wild, other)};
  const NoiseFloor floor = noise_floors(runs).floors.at(0);
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < wild.size(); ++i) blocks.push_back({{wild[i]}, {other[i]}});
  EXPECT_DOUBLE_EQ(*floor.within, half_width(ratio_intervals(blocks)->ci95));
  EXPECT_GT(*floor.within, floor.between);
  EXPECT_EQ(floor.share, *floor.within);
  EXPECT_GT(*floor.detectable, *floor.within) << "what can be seen lies beyond what is noise";
}

TEST(NoiseFloors, TwinsThatAreToldApartAreNamed) {
  std::vector<double> fast, slow;
  for (int i = 0; i < 12; ++i) {
    fast.push_back(1 + 0.001 * i);
    slow.push_back(1.5 + 0.001 * i);
  }
  const std::vector<bench::Run> runs = {twins(fast, slow), twins(fast, fast)};
  const AaFindings findings = noise_floors(runs);
  ASSERT_THAT(findings.told_apart, SizeIs(1));
  EXPECT_EQ(findings.told_apart[0].comparison.verdict, Verdict::kSlower);
  EXPECT_EQ(findings.told_apart[0].comparison.b, "docker#2");
  EXPECT_GT(findings.floors.at(0).share, 0.45) << "and the floor knows";
}

TEST(NoiseFloors, AFigureThatIsLostInTheNoiseHasNoneAndIsNamed) {
  const std::vector<bench::Run> runs = {twins({1, 1, 1}, {-1, -1, 2})};
  const AaFindings findings = noise_floors(runs);
  EXPECT_THAT(findings.floors, IsEmpty());
  EXPECT_THAT(findings.lost, ElementsAre("startup.ready of docker"));
  const std::vector<bench::Run> zero = {twins({0, 0, 0}, {0, 0, 0})};
  EXPECT_THAT(noise_floors(zero).lost, IsEmpty()) << "nothing there is nothing lost";
}

TEST(NoiseFloors, ATargetWithoutATwinHasNone) {
  std::vector<bench::Run> runs = {twins({1, 1}, {1, 1})};
  runs[0].targets.pop_back();
  EXPECT_THAT(noise_floors(runs).floors, IsEmpty());
  EXPECT_THAT(noise_floors({}).floors, IsEmpty());
}

/// `target` with the three apps; what the delay and the ballast move is given.
Run truth_run(const TargetInfo& info, double delay, double ballast, double bytes) {
  Run run;
  const std::vector<double> noise = {0, 0.01, -0.01, 0.02, -0.02, 0.01, 0};
  for (const std::string app : {"plain", "delay", "ballast"}) {
    TargetInfo with = info;
    with.name = with_app(info.name, app);
    run.targets.push_back(with);
    std::vector<double> ready, runtime, pss;
    for (const double extra : noise) {
      runtime.push_back(0.3 + 10 * extra);  // a boot that varies far more than the app
      ready.push_back(0.5 + 10 * extra + (app == "delay" ? delay + extra : 0));
      pss.push_back((40 + extra + (app == "ballast" ? ballast : 0)) * kMiB);
    }
    add(run, "startup", with.name, "startup.ready", Unit::kSeconds, ready);
    add(run, "startup", with.name, "startup.runtime", Unit::kSeconds, runtime);
    add(run, "memory", with.name, "memory.host_pss", Unit::kBytes, pss);
    if (info.kind == Kind::kVm) add(run, "memory", with.name, "memory.guest_used", Unit::kBytes, pss);
    for (const char* metric : {"size.disk", "size.transfer"}) {
      add(run, "size", with.name, metric, Unit::kBytes, {(200 + (app == "ballast" ? bytes : 0)) * kMiB});
    }
  }
  return run;
}

std::map<std::string, TruthVerdict> verdicts(const Run& run) {
  std::map<std::string, TruthVerdict> found;
  for (const KnownTruth& truth : known_truths(run)) found[truth.metric] = truth.verdict;
  return found;
}

TEST(KnownTruths, HoldWhereTheMeasuringGivesThemBack) {
  const std::map<std::string, TruthVerdict> container = {{"startup.ready", TruthVerdict::kHolds},
                                                         {"memory.host_pss", TruthVerdict::kHolds},
                                                         {"size.disk", TruthVerdict::kHolds},
                                                         {"size.transfer", TruthVerdict::kHolds}};
  EXPECT_EQ(verdicts(truth_run(target("docker"), 2, 100, 50)), container);
  auto vm = container;
  vm[kSinceFirstLine] = vm["memory.guest_used"] = TruthVerdict::kHolds;
  EXPECT_EQ(verdicts(truth_run(target("libvirt:direct", Kind::kVm), 2, 100, 50)), vm);

  const std::vector<KnownTruth> truths = known_truths(truth_run(target("docker"), 2, 100, 50));
  EXPECT_EQ(truths[0].truth + " " + truths[0].target + " " + to_text(truths[0].unit), "delay docker seconds");
  EXPECT_NEAR(*truths[0].measured, 2.0, 0.01);
  EXPECT_EQ(truths[0].n, 7);
  EXPECT_EQ(truths[1].expected, 100 * kMiB);
}

TEST(KnownTruths, EachIsSeenToFailByItself) {
  auto found = verdicts(truth_run(target("docker"), 2.4, 100, 50));
  EXPECT_EQ(found.at("startup.ready"), TruthVerdict::kDoesNotHold);
  EXPECT_EQ(found.at("memory.host_pss"), TruthVerdict::kHolds);
  found = verdicts(truth_run(target("docker"), 2, 0, 50));
  EXPECT_EQ(found.at("memory.host_pss"), TruthVerdict::kDoesNotHold);
  EXPECT_EQ(found.at("startup.ready"), TruthVerdict::kHolds);
  found = verdicts(truth_run(target("docker"), 2, 100, 51.5));
  EXPECT_EQ(found.at("size.disk"), TruthVerdict::kDoesNotHold);
  EXPECT_EQ(found.at("memory.host_pss"), TruthVerdict::kHolds);
}

TEST(KnownTruths, AGuestWithoutKaslrIsHeldToTheSameAsAContainer) {
  TargetInfo vm = target("libvirt:full", Kind::kVm);
  const auto found = verdicts(truth_run(vm, 2, 88, 50));
  EXPECT_EQ(found.at("memory.host_pss"), TruthVerdict::kHolds);
  EXPECT_EQ(found.at("memory.guest_used"), TruthVerdict::kDoesNotHold);
  vm.image["cmdline"] = std::string("root=/dev/vda nokaslr");
  EXPECT_EQ(verdicts(truth_run(vm, 2, 88, 50)).at("memory.host_pss"), TruthVerdict::kDoesNotHold);
  EXPECT_EQ(verdicts(truth_run(vm, 2, 98, 50)).at("memory.host_pss"), TruthVerdict::kHolds);
  EXPECT_EQ(verdicts(truth_run(target("docker"), 2, 88, 50)).at("memory.host_pss"),
            TruthVerdict::kDoesNotHold);
}

TEST(KnownTruths, WhatWasNotMeasuredIsInconclusive) {
  bench::Run run = truth_run(target("docker"), 2, 100, 50);
  std::erase_if(run.samples, [](const Sample& sample) { return sample.scenario == "memory"; });
  EXPECT_EQ(verdicts(run).at("memory.host_pss"), TruthVerdict::kInconclusive);
}

Calibration sample_calibration() {
  Calibration calibration;
  calibration.calibrated_at = "2026-01-31T12:00:00Z";
  calibration.fingerprint = {
      {"kernel", std::string("6.1")}, {"cores", std::int64_t{2}}, {"governor", Fact()}};
  calibration.rounds = 10;
  calibration.runs = 3;
  calibration.host = "0123456789abcdef";
  calibration.floors = {{"startup", "startup.ready", "docker", 0.03, 0.02, 0.03, 0.1, 3},
                        {"memory", "memory.host_pss", "docker", 0.01, 0.01, std::nullopt, std::nullopt, 3}};
  calibration.truths = {{"delay", "docker", "startup.ready", Unit::kSeconds, 2, 0.05, 2.01,
                         Interval{1.99, 2.02}, 10, TruthVerdict::kHolds},
                        {"size", "docker", "size.disk", Unit::kBytes, 50 * kMiB, 0.02, 50.01 * kMiB,
                         std::nullopt, 1, TruthVerdict::kHolds},
                        {"ballast", "docker", "memory.host_pss", Unit::kBytes, 100 * kMiB, 0.05, std::nullopt,
                         std::nullopt, 0, TruthVerdict::kInconclusive}};
  return calibration;
}

TEST(CalibrationFile, GivesBackWhatWasStored) {
  const test::Directory dir;
  const Calibration stored = sample_calibration();
  store_calibration(stored, dir.path() / kCalibrationFile);
  const std::optional<Calibration> loaded = load_calibration(dir.path() / kCalibrationFile);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(*loaded, stored);
}

TEST(CalibrationFile, OneOfTheFirstVersionStillCounts) {
  const test::Directory dir;
  std::ofstream(dir.path() / "old.json")
      << R"({"schema": "bench.calibration/1", "calibrated_at": "2026-01-01T00:00:00Z",
             "fingerprint": {"cores": 2},
             "floors": [{"scenario": "startup", "metric": "startup.ready", "target": "docker",
                         "share": 0.021}]})";
  const std::optional<Calibration> loaded = load_calibration(dir.path() / "old.json");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->floor("startup", "startup.ready", "docker"), 0.021);
  EXPECT_EQ(loaded->runs, 0);
  EXPECT_FALSE(loaded->floors[0].within.has_value());
  EXPECT_THAT(loaded->truths, IsEmpty());
}

TEST(CalibrationFile, WhatCannotBeUnderstoodIsCorrupt) {
  const test::Directory dir;
  const std::string whole = calibration_text(sample_calibration());
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {std::string(), std::string("[]"), whole.substr(0, whole.size() / 2),
        broken("calibration/1", "calibration/9"), broken("\"share\": 0.03", "\"share\": -1"),
        broken("\"within\": 0.03", "\"within\": \"much\""),
        broken("\"verdict\": \"holds\"", "\"verdict\": 7"),
        broken("\"verdict\": \"holds\"", "\"verdict\": \"held\""),
        broken("\"truths\": [", "\"truths\": [3, ")}) {
    std::ofstream(dir.path() / "broken.json", std::ios::trunc) << text;
    try {
      load_calibration(dir.path() / "broken.json");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << text;
    }
  }
}

}  // namespace
}  // namespace bench
