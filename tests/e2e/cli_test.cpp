#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What a user types, without an engine: words, exit codes, files.

TEST(Cli, HelpShowsExamplesOnStdout) {
  World world;
  for (const char* command : {"run", "prepare", "report", "list", "doctor", "clean", "compare", "gate",
                              "history", "trend", "simulate", "calibrate"}) {
    const Outcome outcome = world.bench({command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Examples:")) << command;
    EXPECT_THAT(outcome.err, IsEmpty()) << command;
  }
  EXPECT_THAT(world.bench({"--help"}).out, HasSubstr("bench run startup"));
  EXPECT_THAT(world.bench({"--version"}).out, ::testing::StartsWith("bench "));
}

TEST(Cli, AQemuThatCannotReachItsGuestsIsKnownBeforeImagesAreBuilt) {
  World world;
  const std::filesystem::path qemu = world.scratch() / "bin/qemu-system-x86_64";
  std::filesystem::create_directories(qemu.parent_path());
  std::ofstream(qemu)
      << "#!/bin/sh\necho \"$0: -netdev user,id=bench0: network backend 'user' is not compiled "
         "into this binary\" >&2\nexit 1\n";
  std::filesystem::permissions(qemu, std::filesystem::perms::owner_all);
  const char* path = std::getenv("PATH");
  world.env["PATH"] = qemu.parent_path().string() + ":" + (path != nullptr ? path : "");
  world.env["BENCH_CACHE_DIR"] = (world.scratch() / "cache").string();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"prepare", "--targets", "libvirt:direct"},
        {"run", "startup", "--targets", "docker,libvirt:full", "--out",
         (world.scratch() / "run").string()}}) {
    const Outcome outcome = world.bench(command);
    EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("slirp"));
    EXPECT_THAT(outcome.err, HasSubstr("--targets docker"));
    EXPECT_FALSE(std::filesystem::exists(world.scratch() / "cache/images"));
  }
}

struct Misuse {
  std::vector<std::string> arguments;
  std::string says;
};

TEST(Cli, MisuseIsOneClearLineAndExit2) {
  World world;
  const std::string empty_dir = (world.scratch() / "no-app").string();
  std::filesystem::create_directories(empty_dir);
  std::ofstream(empty_dir + "/main.py") << "x = 1";
  const std::vector<Misuse> misuses = {
      {{}, "subcommand"},
      {{"fly"}, "fly"},
      {{"run"}, "scenario"},
      {{"run", "sartup"}, "unknown scenario 'sartup'"},
      {{"run", "startup", "--targets", "dokcer"}, "unknown target 'dokcer'"},
      {{"run", "startup", "--targets", "libvirt:half"}, "unknown target 'libvirt:half'"},
      {{"run", "startup", "--targets", ","}, "has an empty name"},
      {{"run", "startup", "--targets", "docker,"}, "has an empty name"},
      {{"run", "startup", "--targets", ",docker"}, "has an empty name"},
      {{"run", "startup", "--targets", ""}, "--targets"},
      {{"run", "startup", "--budget", ""}, "--budget"},
      {{"run", "startup", "--app", ""}, "--app"},
      {{"run", "startup", "--out", ""}, "--out"},
      {{"run", "startup", "--timeout", ""}, "--timeout"},
      {{"run", "startup", "--seed", "-1"}, "--seed"},
      {{"run", "startup", "--memory", "512"}, "did you mean --memory 512M?"},
      {{"run", "sartup"}, "did you mean 'startup'?"},
      {{"run", "startup", "--targets", "dokcer"}, "did you mean 'docker'?"},
      {{"run", "startup", "--targets", "libvirt:diret"}, "did you mean 'libvirt:direct'?"},
      {{"repot"}, "did you mean 'report'?"},
      {{"run", "sartup", "--print-config"}, "unknown scenario 'sartup'"},
      {{"run", "startup", "--targets", "dokcer", "--print-config"}, "unknown target 'dokcer'"},
      {{"run", "startup", "--memory", "1M", "--print-config"}, "--memory"},
      {{"gate", "x", "--metrics", "startup.redy"}, "did you mean 'startup.ready'?"},
      {{"history", "--last", "-1"}, "--last"},
      {{"trend", "--last", "-1"}, "--last"},
      {{"simulate", "--seed", "-1"}, "--seed"},
      {{"run", "startup", "--app", empty_dir, "--print-config"}, "nothing to run in the app directory"},
      {{"run", "startup", "--targets", "docker@" + empty_dir, "--print-config"}, "nothing to run"},
      {{"run", "startup", "--budget", "soon", "--print-config"}, "--budget"},
      {{"run", "startup", "--timeout", "1e300h", "--print-config"}, "--timeout"},
      {{"run", "startup", "--ready-path", "x", "--print-config"}, "--ready-path"},
      {{"run", "startup", "--claims", "/nonexistent.json", "--print-config"}, "/nonexistent.json"},
      {{"run", "startup", "--accel", "kvn"}, "did you mean 'kvm'?"},
      {{"run", "startup", "--connect", ""}, "--connect"},
      {{"run", "startup", "--base", ""}, "--base"},
      {{"run", "startup", "--config", ""}, "--config"},
      {{"run", ""}, "is empty"},
      {{"prepare", "--targets", ""}, "--targets"},
      {{"prepare", "--targets", "docker@" + empty_dir}, "nothing to run"},
      {{"prepare", "--app", ""}, "--app"},
      {{"gate", "x", "--metrics", ""}, "--metrics"},
      {{"gate", "x", "--metrics", "startup.ready,"}, "has an empty name"},
      {{"gate", "x", "--baseline", ""}, "--baseline"},
      {{"gate", "x", "--threshold", "nan"}, "--threshold"},
      {{"gate", "x", "--threshold", "1e999"}, "--threshold"},
      {{"gate", "x", "--threshold", "-5%"}, "--threshold"},
      {{"history", "--last", "99999999999999999999999"}, "--last"},
      {{"history", "--history", ""}, "--history"},
      {{"trend", "--format", "htm"}, "did you mean 'html'?"},
      {{"run", "startup", "--seed", "99999999999999999999999"}, "--seed"},
      {{"run", "startup", "--rounds", "99999999999999999999999"}, "--rounds"},
      {{"compare", "a", "--format", "jsn"}, "did you mean 'json'?"},
      {{"list", "target"}, "did you mean 'targets'?"},
      {{"report", "x", "--format", "htlm"}, "did you mean 'html'?"},
      {{"report", "x", "--format", "openmetric"}, "did you mean 'openmetrics'?"},
      {{"report", "x", "--format", ""}, "--format"},
      {{"run", "startup", "--fast"}, "--fast"},
      {{"run", "startup", "--rounds", "0"}, "--rounds"},
      {{"run", "startup", "--rounds", "many"}, "--rounds"},
      {{"run", "startup", "--memory", "12 bananas"}, "--memory"},
      {{"run", "startup", "--memory", "1M"}, "--memory"},
      {{"run", "startup", "--budget", "-3m"}, "--budget"},
      {{"run", "startup", "--accel", "warp"}, "--accel"},
      {{"run", "startup", "--app", "/nonexistent"}, "/nonexistent"},
      {{"run", "startup", "--ready-path", "health"}, "--ready-path"},
      {{"calibrate", "--targets", "docker,docker"}, "'docker' is named twice"},
      {{"calibrate", "--targets", "docker@."}, "an app of its own"},
      {{"calibrate", "--targets", "dokcer"}, "unknown target 'dokcer'"},
      {{"calibrate", "--runs", "0"}, "--runs"},
      {{"calibrate", "--rounds", "0"}, "--rounds"},
      {{"calibrate", "--memory", "1M"}, "--memory"},
      {{"calibrate", "startup"}, "startup"},
      {{"list", "wishes"}, "wishes"},
      {{"report"}, "RUN"},
      {{"report", "x", "--format", "docx"}, "docx"},
  };
  for (const Misuse& misuse : misuses) {
    const Outcome outcome = world.bench(misuse.arguments, 20);
    const std::string shown = ::testing::PrintToString(misuse.arguments);
    EXPECT_EQ(outcome.exit_code, 2) << shown << outcome.err;
    EXPECT_THAT(outcome.err, ::testing::StartsWith("bench: error: ")) << shown;
    EXPECT_THAT(outcome.err, HasSubstr(misuse.says)) << shown;
    EXPECT_THAT(outcome.err, HasSubstr("remedy: ")) << shown;
    EXPECT_THAT(outcome.out, IsEmpty()) << shown;
  }
}

TEST(Cli, AResultsDirectoryThatCannotBeWrittenIsSaidBeforeAnythingRuns) {
  World world;
  std::ofstream(world.scratch() / "file") << "in the way";
  const Outcome outcome =
      world.bench({"run", "startup", "--out", (world.scratch() / "file" / "run").string()}, 20);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("--out DIR"));
  EXPECT_LT(outcome.seconds, 5);
}

TEST(Cli, ACalibrationIsNotMixedWithWhatIsThere) {
  World world;
  const auto out = world.scratch() / "calibration";
  std::filesystem::create_directories(out / "aa-2");
  std::ofstream(out / "aa-2" / "run.json") << "{}";
  const Outcome outcome = world.bench({"calibrate", "--out", out.string()}, 20);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("already holds a run"));
  EXPECT_FALSE(std::filesystem::exists(world.state() / "state" / "calibration.json"));
}

TEST(Cli, ListsAreDataOnStdout) {
  World world;
  EXPECT_THAT(world.bench({"list", "scenarios"}).out, HasSubstr("startup"));
  EXPECT_THAT(world.bench({"list", "targets"}).out, HasSubstr("libvirt:direct"));
  const auto metrics = nlohmann::json::parse(world.bench({"list", "metrics", "--json"}).out, nullptr, false);
  ASSERT_TRUE(metrics.is_array());
  EXPECT_EQ(metrics.at(0).at("name"), "startup.create");
}

TEST(Cli, ACorruptRunIsNamedAndNotReported) {
  World world;
  const auto file = world.scratch() / "run.json";
  for (const char* text :
       {"", "{", "[]", "{\"schema\": \"bench.run/99\"}", "{\"schema\": \"bench.run/1\", \"samples\": 7}"}) {
    std::ofstream(file) << text;
    const Outcome outcome = world.bench({"report", file.string()}, 20);
    EXPECT_EQ(outcome.exit_code, 3) << text;
    EXPECT_THAT(outcome.err, HasSubstr("run.json")) << text;
    EXPECT_THAT(outcome.out, IsEmpty()) << text;
  }
  EXPECT_EQ(world.bench({"report", (world.scratch() / "nothing").string()}, 20).exit_code, 3);
}

TEST(Cli, AFullStdoutIsAnError) {
  World world;
  Process process({"/bin/sh", "-c", bench_program() + " list metrics > /dev/full"}, world.env,
                  world.scratch());
  const Outcome outcome = process.wait(20);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("stdout"));
}

TEST(Cli, AReaderThatLeavesIsNoError) {
  World world;
  Process process({"/bin/bash", "-c", "set -o pipefail; " + bench_program() + " list metrics | head -n 1"},
                  world.env, world.scratch());
  const Outcome outcome = process.wait(20);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Cli, AMistypedOptionIsNamedWithTheOneThatWasMeant) {
  World world;
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistyped = {
      {{"run", "startup", "--traget", "docker"},
       "unknown option '--traget'\n  remedy: did you mean '--target"},
      {{"run", "--bugdet=10m", "startup"}, "unknown option '--bugdet'\n  remedy: did you mean '--budget'? "},
      {{"gate", "--quite"}, "unknown option '--quite'\n  remedy: did you mean '--quiet'? "},
      {{"gate", "--everything"}, "unknown option '--everything'\n  remedy: bench gate --help shows"},
      {{"history", "-x"}, "unknown option '-x'\n  remedy: bench history --help shows"}};
  for (const auto& [arguments, said] : mistyped) {
    const Outcome outcome = world.bench(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << said;
    EXPECT_THAT(outcome.err, HasSubstr(said));
  }
  const Outcome extra = world.bench({"doctor", "extra"});
  EXPECT_EQ(extra.exit_code, 2);
  EXPECT_THAT(extra.err, HasSubstr("extra"));
}

TEST(Cli, AnEmptyWordInAListIsRefused) {
  World world;
  const std::vector<std::vector<std::string>> commands = {
      {"report", "x", "--format", "html,"},    {"report", "x", "--format", ",md"},
      {"report", "x", "--format", "md,,html"}, {"trend", "--format", "console,"},
      {"trend", "startup.ready,,startup.cpu"}, {"trend", "--format", ","}};
  for (const auto& arguments : commands) {
    const Outcome outcome = world.bench(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments.back();
    EXPECT_THAT(outcome.err, HasSubstr("has an empty word")) << arguments.back();
  }
  EXPECT_THAT(world.bench({"trend", "--format", "console,htm"}).err, HasSubstr("did you mean 'html'?"));
}

}  // namespace
}  // namespace bench::e2e
