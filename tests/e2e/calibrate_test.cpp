#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// The suite against itself, on a real engine.

json calibration_of(const World& world) {
  std::ifstream file(world.state() / "state" / "calibration.json");
  return json::parse(file, nullptr, false);
}

TEST(Calibrate, AContainersNoiseIsKnownAndKnownTruthsHold) {
  World world;
  const auto out = world.scratch() / "calibration";
  const Outcome outcome = world.bench(
      {"calibrate", "--targets", "docker", "--runs", "1", "--rounds", "3", "--out", out.string()}, 550);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("Noise floor of this host: 1 run of 3 rounds"));
  EXPECT_FALSE(std::filesystem::exists(world.state() / "truths")) << "the app that was made is gone";

  const json calibration = calibration_of(world);
  ASSERT_FALSE(calibration.is_discarded());
  std::vector<std::string> metrics;
  for (const json& floor : calibration.at("floors")) {
    EXPECT_EQ(floor.at("target"), "docker");
    metrics.push_back(floor.at("metric"));
    if (metrics.back() == "memory.marginal")
      continue;  // a slope has its interval from its passes, however few rounds there are
    EXPECT_EQ(floor.at("share"), floor.at("between")) << "three rounds give no interval";
    EXPECT_TRUE(floor.at("within").is_null()) << floor.dump();
  }
  for (const char* metric : {"startup.ready", "startup.cpu", "startup.stop", "memory.host_pss"}) {
    EXPECT_THAT(metrics, Contains(metric));
  }
  ASSERT_THAT(calibration.at("truths"), SizeIs(4));
  for (const json& truth : calibration.at("truths")) {
    const std::string verdict = truth.at("verdict");
    if (truth.at("truth") == "delay") {  // in three rounds on a busy host it may be too wide to say
      EXPECT_NE(verdict, "does not hold") << truth.dump();
    } else {
      EXPECT_EQ(verdict, "holds") << truth.dump();
    }
  }

  // The twins' run is there for a reader, and a gate knows the floor of this host.
  std::ifstream file(out / "aa-1" / "run.json");
  const json run = json::parse(file, nullptr, false);
  EXPECT_THAT(values(run, "docker#2", "startup.ready"), SizeIs(3));
  EXPECT_EQ(run.at("environment").at("fingerprint"), calibration.at("fingerprint"));
  const Outcome gate = world.bench({"gate", (out / "aa-1").string()}, 60);
  EXPECT_EQ(gate.exit_code, 0) << gate.err;
  EXPECT_THAT(gate.err, Not(HasSubstr("calibration")));

  const Outcome doctor = world.bench({"doctor", "--json"}, 60);
  std::string rows;
  for (const json& row : json::parse(doctor.out)) {
    if (row.at("area") == "calibration")
      rows += row.at("status").get<std::string>() + row.at("detail").dump();
  }
  EXPECT_THAT(rows, HasSubstr("noise floor: startup.ready"));
  EXPECT_THAT(rows, HasSubstr(" of 4 hold"));
  EXPECT_THAT(rows, Not(HasSubstr("warn")));
}

TEST(Calibrate, CtrlCStoresWhatWasMeasuredAndNoCalibration) {
  World world;
  const auto out = world.scratch() / "calibration";
  const auto bench = world.start(
      {"calibrate", "--targets", "docker", "--runs", "1", "--rounds", "3", "--out", out.string()});
  ASSERT_TRUE(eventually(200, [&] { return bench->err().find("warm-up  1") != std::string::npos; }))
      << bench->err();
  bench->send(SIGINT);
  const Outcome outcome = bench->wait(30);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(world.state() / "state" / "calibration.json"));
  EXPECT_FALSE(std::filesystem::exists(world.state() / "truths"));
  std::ifstream file(out / "truths" / "run.json");
  const json run = json::parse(file, nullptr, false);
  ASSERT_FALSE(run.is_discarded());
  EXPECT_EQ(run.at("status"), "interrupted");
  EXPECT_FALSE(run.at("samples").empty());
}

}  // namespace
}  // namespace bench::e2e
