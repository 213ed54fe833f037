#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// `bench report` as a user types it, on a stored run; no engine is needed.

/// A run of three rounds in a folder of its own.
std::string three_rounds(const World& world, const std::string& name) {
  const fs::path dir = world.scratch() / name;
  fs::create_directories(dir);
  fs::copy_file(fs::path(BENCH_TEST_DIR) / "fixtures/runs/three-rounds/run.json", dir / "run.json");
  return dir.string();
}

std::map<std::string, std::string> files_below(const fs::path& dir) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[fs::relative(entry.path(), dir).string()] = {std::istreambuf_iterator<char>(in),
                                                       std::istreambuf_iterator<char>()};
  }
  return files;
}

void change_a_fact(const std::string& run) {
  const fs::path path = fs::path(run) / "run.json";
  auto json = nlohmann::json::parse(std::ifstream(path));
  json["environment"]["fingerprint"]["cpu_model"] = "another machine";
  std::ofstream(path) << json;
}

TEST(Cli, ReportShowsTheRunAndWritesItsPages) {
  World world;
  const std::string run = three_rounds(world, "mine");
  const Outcome outcome = world.bench({"report", run}, 60);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("EXPLORATORY: 3 rounds"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("report.md"), HasSubstr("report.html")));
  EXPECT_TRUE(fs::exists(fs::path(run) / "report.html"));
  const auto first = files_below(run);
  EXPECT_EQ(world.bench({"report", run}, 60).exit_code, 0);
  EXPECT_EQ(files_below(run), first);
}

TEST(Cli, ReportToStdoutWritesNothing) {
  World world;
  const std::string run = three_rounds(world, "mine");
  EXPECT_THAT(world.bench({"report", run, "--format", "md", "--out", "-"}, 60).out, StartsWith("# "));
  EXPECT_THAT(world.bench({"report", run, "--format", "csv", "--out", "-"}, 60).out, StartsWith("scenario,"));
  EXPECT_THAT(world.bench({"report", run, "--format", "html", "--out", "-"}, 60).out,
              StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(world.bench({"report", run, "--format", "console"}, 60).err, IsEmpty());
  EXPECT_EQ(world.bench({"report", run, "--format", "png", "--out", "-"}, 60).exit_code, 2);
  EXPECT_EQ(files_below(run).size(), 1U);
}

TEST(Cli, ReportElsewhereLeavesTheRunAlone) {
  World world;
  const std::string run = three_rounds(world, "mine");
  const fs::path out = world.scratch() / "a" / "b";
  const Outcome outcome = world.bench({"report", run, "--format", "csv,html", "--out", out.string()}, 60);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_TRUE(files_below(out).contains("summaries.csv"));
  EXPECT_THAT(files_below(out)["report.html"], Not(HasSubstr("href=\"run.json\"")));  // it is not there
  EXPECT_EQ(files_below(run).size(), 1U);
  std::ofstream(world.scratch() / "file") << "in the way";
  const Outcome refused =
      world.bench({"report", run, "--format", "md", "--out", (world.scratch() / "file" / "x").string()}, 60);
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("--out DIR"));
}

TEST(Cli, WithoutGnuplotTheReportsComeWithoutFigures) {
  World world;
  world.env["PATH"] = "/nonexistent";
  const std::string run = three_rounds(world, "mine");
  const Outcome outcome = world.bench({"report", run, "--format", "md,html,tex"}, 60);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("gnuplot-nox"));
  EXPECT_FALSE(fs::exists(fs::path(run) / "charts"));
  EXPECT_EQ(world.bench({"report", run, "--format", "svg"}, 60).exit_code, 3);
}

TEST(Cli, RunsOfOneEnvironmentStandSideBySide) {
  World world;
  const std::string a = three_rounds(world, "monday");
  const std::string b = three_rounds(world, "tuesday");
  const Outcome outcome = world.bench({"report", a, b}, 60);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("monday"), HasSubstr("tuesday"), Not(HasSubstr("What differs"))));
  EXPECT_EQ(world.bench({"report", a, b, "--format", "html"}, 60).exit_code, 2);  // where to?
}

TEST(Cli, RunsOfDifferentEnvironmentsNeedForce) {
  World world;
  const std::string a = three_rounds(world, "monday");
  const std::string b = three_rounds(world, "tuesday");
  change_a_fact(b);
  const Outcome refused = world.bench({"report", a, b}, 60);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.out, IsEmpty());
  EXPECT_THAT(refused.err, AllOf(HasSubstr("cpu_model"), HasSubstr("another machine"), HasSubstr("--force")));
  const fs::path out = world.scratch() / "both";
  const Outcome forced = world.bench(
      {"report", a, b, "--force", "--format", "console,md,html,csv,tex", "--out", out.string()}, 60);
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_LT(forced.out.find("What differs"), forced.out.find("The runs"));
  EXPECT_EQ(files_below(out).size(), 4U);
}

}  // namespace
}  // namespace bench::e2e
