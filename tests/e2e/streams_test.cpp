#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// bench with its streams as a shell makes them: `line` holds BENCH in place of the program.
Outcome shell(const World& world, std::string line, double limit = 300) {
  const std::string word = "BENCH";
  for (auto at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
    line.replace(at, word.size(), bench_program());
  }
  Process process({"bash", "-c", "set -o pipefail; " + line}, world.env, world.scratch());
  return process.wait(limit);
}

// A stream that nobody can write to costs the message and not the program.

TEST(Cli, AFullStderrChangesNoExitCode) {
  const World world;
  EXPECT_EQ(shell(world, "BENCH report /nope 2>/dev/full").exit_code, 3);
  EXPECT_EQ(shell(world, "BENCH fly 2>/dev/full").exit_code, 2);
  EXPECT_EQ(shell(world, "BENCH report /nope 2>&-").exit_code, 3);
  EXPECT_EQ(shell(world, "BENCH report /nope 2>&1 | true").exit_code, 3);
}

TEST(Cli, AFullStdoutIsAnErrorAndSaysSo) {
  const World world;
  const Outcome list = shell(world, "BENCH list metrics >/dev/full");
  EXPECT_EQ(list.exit_code, 3);
  EXPECT_THAT(list.err, HasSubstr("cannot write to stdout"));
  for (const char* command : {"--help", "--version", "run --help"}) {
    const Outcome outcome = shell(world, std::string("BENCH ") + command + " >/dev/full");
    EXPECT_EQ(outcome.exit_code, 3) << command;
    EXPECT_THAT(outcome.err, HasSubstr("cannot write to stdout")) << command;
  }
}

TEST(Cli, AReaderThatHasLeftIsNoError) {
  const World world;
  const Outcome outcome = shell(world, "BENCH list metrics | head -n 1");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  // The reader is gone before the first word, not only perhaps.
  for (const char* command : {"--help", "--version", "list targets"}) {
    const Outcome left = shell(world, std::string("(sleep 0.3; exec BENCH ") + command + ") | exec true");
    EXPECT_EQ(left.exit_code, 0) << command;
    EXPECT_THAT(left.err, IsEmpty()) << command;
  }
}

TEST(Cli, AClosedStdoutEndsNothing) {
  const World world;
  for (const char* command : {"--help", "--version", "list metrics"}) {
    EXPECT_EQ(shell(world, std::string("BENCH ") + command + " >&- 2>&- <&-").exit_code, 0) << command;
  }
}

TEST(Streams, ARunWhoseMessagesNobodyReadsIsWhole) {
  for (const char* streams : {"2>/dev/full >/dev/null", "-v 2>&1 | head -n 1"}) {
    World world;
    const std::string run =
        "BENCH run startup --targets docker --rounds 2 --warmup 0 --out " + world.results().string() + " ";
    EXPECT_EQ(shell(world, run + streams).exit_code, 0) << streams;
    EXPECT_EQ(values(world.run(), "docker", "startup.ready").size(), 2U) << streams;
    EXPECT_THAT(world.leftovers(), IsEmpty()) << streams;
  }
}

TEST(Streams, DoctorSaysWhatItHasToSayOnStdout) {
  World world;
  const Outcome doctor = world.bench({"doctor"}, 60);
  EXPECT_THAT(doctor.out, HasSubstr("libvirt"));
  EXPECT_THAT(doctor.err, IsEmpty()) << "a library's own log is nothing for people";
  for (const char* command : {"BENCH doctor >/dev/full", "BENCH doctor --json >/dev/full"}) {
    const Outcome full = shell(world, command, 60);
    EXPECT_EQ(full.exit_code, 3) << command;
    EXPECT_THAT(full.err, HasSubstr("cannot write to stdout")) << command;
  }
}

TEST(Streams, AnInterruptWorksAfterASignalOfSomebodyElses) {
  World world;
  const auto process = world.start({"run", "startup", "--targets", "docker", "--rounds", "50", "--warmup",
                                    "0", "--out", world.results().string()});
  EXPECT_TRUE(eventually(120, [&] { return std::filesystem::exists(world.results() / "samples.jsonl"); }));
  process->send(SIGUSR2);
  nap(0.2);
  process->send(SIGINT);
  EXPECT_EQ(process->wait(60).exit_code, 130);
  EXPECT_THAT(world.leftovers(), IsEmpty());
}

}  // namespace
}  // namespace bench::e2e
