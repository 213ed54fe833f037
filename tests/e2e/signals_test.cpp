#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <ostream>

#include "e2e/harness.h"
#include "e2e/stored_runs.h"

namespace bench::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// Ctrl-C and worse, really sent. The World checks at the end of every test that nothing is left.

struct Moment {
  std::string name;
  std::vector<std::string> arguments;
  std::string on_stderr;  ///< wait for this
  double then;            ///< and so many seconds more
  bool measured;          ///< something is stored by then
};

// For the names of the tests.
void PrintTo(const Moment& moment, std::ostream* out) {
  *out << moment.name;
}

class Interrupt : public ::testing::TestWithParam<Moment> {};

TEST_P(Interrupt, EndsWithinFiveSecondsAndKeepsWhatWasMeasured) {
  const Moment& moment = GetParam();
  World world;
  std::vector<std::string> arguments = moment.arguments;
  const bool runs = arguments.front() == "run";
  if (runs) {
    arguments.insert(arguments.end(), {"--out", world.results().string()});
  } else {
    world.env["BENCH_CACHE_DIR"] =
        (world.scratch() / "cache").string();  // so that there is something to build
  }
  const auto bench = world.start(arguments);
  ASSERT_TRUE(eventually(90, [&] { return bench->err().find(moment.on_stderr) != std::string::npos; }))
      << bench->err();
  nap(moment.then);
  const double sent = now();
  bench->send(SIGINT);
  const Outcome outcome = bench->wait(30);
  EXPECT_LT(now() - sent, 5.0);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  if (!runs) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.scratch() / "cache")) {
      EXPECT_NE(entry.path().filename(), "images.json") << "a half image that looks finished";
    }
    return;
  }
  const json run = world.run();
  EXPECT_EQ(run.at("status"), "interrupted");
  EXPECT_EQ(!run.at("samples").empty(), moment.measured);
  const Outcome report = world.bench({"report", world.results().string()}, 30);
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("INTERRUPTED by a signal"));
}

// What is interrupted while it starts takes two seconds more than it must, also where it would start in a
// moment.
INSTANTIATE_TEST_SUITE_P(
    At, Interrupt,
    ::testing::Values(
        Moment{"ImageBuild", {"prepare", "--targets", "docker,libvirt:direct"}, "base system", 3, false},
        Moment{"ContainerStarting",
               {"run", "startup", "--targets", "docker", "--all-rounds", "--app", truth("delay").string()},
               "measuring",
               0.3,
               false},
        Moment{"VmBooting",
               {"run", "startup", "--targets", "libvirt:direct", "--all-rounds", "--app",
                truth("delay").string()},
               "measuring",
               3,
               false},
        Moment{"BetweenTrials",
               {"run", "startup", "--targets", "docker", "--all-rounds", "--rounds", "100"},
               "round    3",
               0,
               true}),
    [](const auto& info) { return info.param.name; });

// The confirming run is a process of the gate's own. It is told of the interrupt and gets the time to remove
// what it has started.
TEST(Confirm, InterruptedTheConfirmingRunEndsInOrder) {
  World world;
  const auto results = history_of(world, 11);
  auto slow = stored_run("slow", night(12), 0.8);
  slow["command"] = {"bench", "run", "startup", "--targets", "docker", "--all-rounds", "--rounds", "200"};
  const std::filesystem::path night = store(results, slow);
  const auto gate = world.start({"gate", night.string(), "--confirm"});
  const auto confirming = [&] {
    std::error_code none;
    for (const auto& run : std::filesystem::directory_iterator(night / "confirm", none)) return run.path();
    return std::filesystem::path();
  };
  ASSERT_TRUE(eventually(120, [&] {
    return file_text(confirming() / "samples.jsonl").find("startup.ready") != std::string::npos;
  })) << gate->err();
  gate->send(SIGINT);
  const Outcome outcome = gate->wait(70);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(night / "verdict.json")) << "there is no answer";
  EXPECT_EQ(world.run(confirming()).at("status"), "interrupted") << "it had the time to store what it has";
  EXPECT_TRUE(world.leftovers().empty()) << ::testing::PrintToString(world.leftovers());
}

TEST(Kill, CleanLeavesNothingOfAKilledRun) {
  World world;
  const auto bench = world.start(
      {"run", "startup", "--targets", "docker,libvirt:direct", "--out", world.results().string()});
  ASSERT_TRUE(eventually(90, [&] { return bench->err().find("warm-up  1") != std::string::npos; }))
      << bench->err();
  nap(1);
  bench->send(SIGKILL);
  bench->wait(10);
  EXPECT_FALSE(world.leftovers().empty()) << "a killed run cannot have cleaned up; is this test looking?";
  const Outcome clean = world.bench({"clean"}, 60);
  EXPECT_EQ(clean.exit_code, 0) << clean.err;
  EXPECT_TRUE(world.leftovers().empty()) << ::testing::PrintToString(world.leftovers());
  EXPECT_THAT(world.bench({"clean"}, 60).out, HasSubstr("nothing of ours was left"));
}

}  // namespace
}  // namespace bench::e2e
