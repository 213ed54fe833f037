#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <memory>

#include "e2e/harness.h"
#include "e2e/stored_runs.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What happens to the index of the runs in real life. The run files are the truth: the
// answer still comes. Cli: no engine is needed.

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
  return count;
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// The one that there is.
fs::path index_of(const World& world) {
  for (const auto& entry : fs::directory_iterator(world.state() / "state" / "history")) {
    if (entry.path().extension() == ".sqlite") return entry.path();
  }
  ADD_FAILURE() << "there is no index";
  return {};
}

/// bench, where what it keeps for itself, the index too, is on a file system of its own with no room for one
/// byte more; nobody else sees it. `before` is run while there is still room, with the runs' directory as $1.
Outcome on_a_full_disk(World& world, const fs::path& results, const std::string& before,
                       const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{"unshare", "--mount", "--propagation", "private"};
  if (geteuid() != 0) argv.insert(argv.begin() + 1, "--map-root-user");
  const std::string script =
      "mount -t tmpfs -o size=400k none \"$0\" && { " + before +
      "; } && { cat /dev/zero > \"$0/filler\" 2>/dev/null; ! cp \"$1/n01/run.json\" \"$0/one-more\" "
      "2>/dev/null; } && shift && exec \"$@\"";
  argv.insert(argv.end(),
              {"/bin/sh", "-c", script, world.state().string(), results.string(), bench_program()});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return Process(argv, world.env, world.scratch()).wait(60);
}

bool can_mount(World& world) {
  return on_a_full_disk(world, history_of(world, 1), "exit 77", {}).exit_code == 77;
}

TEST(Cli, TheDiskIsFullWhileTheIndexIsWritten) {
  World world;
  if (!can_mount(world)) GTEST_SKIP() << "no file system can be mounted here, not even in a namespace";
  const fs::path results = history_of(world, 27, 15);
  const std::vector<std::vector<std::string>> questions = {
      {"history", "--history", results.string()},
      {"trend", "startup.ready", "--history", results.string()},
      {"gate", (results / "n13").string()}};
  for (const auto& question : questions) {
    SCOPED_TRACE(question.front());
    const Outcome full = on_a_full_disk(world, results, "true", question);
    EXPECT_EQ(full.exit_code, 0) << full.err;
    EXPECT_EQ(occurrences(full.err, "cannot be kept"), 1U) << full.err;
    EXPECT_THAT(full.err, AllOf(HasSubstr("(the disk is full)"), HasSubstr("made in memory")));
    EXPECT_EQ(full.out, world.bench(question).out) << "the answer is the one with room";
    fs::remove_all(world.state() / "state");
  }
}

TEST(Cli, TheDiskIsFullWhenTheIndexHasToGrow) {
  World world;
  if (!can_mount(world)) GTEST_SKIP() << "no file system can be mounted here, not even in a namespace";
  const fs::path results = history_of(world, 12);
  for (int day = 13; day < 28; ++day) {  // comes when the index is there
    store(world.scratch() / "later", stored_run(fmt::format("n{:02}", day), night(day), 0.5));
  }
  const std::string index = fmt::format("{} history --history \"$1\" > /dev/null", bench_program());
  const std::string more = fmt::format(" && cp -r {}/. \"$1\"", (world.scratch() / "later").string());
  for (const std::string& before : {index, index + more}) {
    SCOPED_TRACE(before);
    const Outcome full = on_a_full_disk(world, results, before, {"history", "--history", results.string()});
    EXPECT_EQ(full.exit_code, 0) << full.err;
    EXPECT_THAT(full.out, HasSubstr(" n12 "));
    EXPECT_EQ(full.out.find(" n27 ") != std::string::npos, before != index) << full.out;
    EXPECT_EQ(occurrences(full.err, "warning"), 1U) << full.err;
    EXPECT_THAT(full.err, HasSubstr("(the disk is full)"));
  }
}

TEST(Cli, RunsThatCannotBeReadAreNamedAndTheRestIsThere) {
  World world;
  const fs::path results = history_of(world, 12);
  auto later = stored_run("later", night(13), 0.5);
  later["schema"] = "bench.run/99";
  store(results, later);
  const std::string whole = stored_run("torn", night(14), 0.5).dump();
  fs::create_directories(results / "torn");
  std::ofstream(results / "torn" / "run.json") << whole.substr(0, whole.size() / 2);
  for (int again = 0; again < 2; ++again) {  // read, and read again from the index
    const Outcome outcome = world.bench({"history", "--history", results.string()});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(occurrences(outcome.err, "left out: "), 2U) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("bench.run/99"), HasSubstr("torn")));
    EXPECT_THAT(outcome.out, AllOf(HasSubstr(" n12 "), Not(HasSubstr(" torn "))));
  }
  std::ofstream(results / "torn" / "run.json") << whole;
  const Outcome mended = world.bench({"history", "--history", results.string()});
  EXPECT_THAT(mended.out, HasSubstr(" torn "));
  EXPECT_EQ(occurrences(mended.err, "left out: "), 1U) << mended.err;
}

TEST(Cli, AClockThatWasSetBackLosesNoRun) {
  World world;
  const fs::path results = history_of(world, 12);
  EXPECT_EQ(world.bench({"history", "--history", results.string()}).exit_code, 0);
  // The clock goes back by a year: a new run begins before all others, and its file is older than the index.
  auto run = stored_run("back", "2025-03-13T02:00:00Z", 0.5);
  store(results, run);
  const auto a_year_ago = fs::file_time_type::clock::now() - std::chrono::hours(24 * 365);
  fs::last_write_time(results / "back" / "run.json", a_year_ago);
  const Outcome listed = world.bench({"history", "--history", results.string()});
  EXPECT_LT(listed.out.find(" back "), listed.out.find(" n01 ")) << listed.out;
  // A file that is written anew with an older time and the same size is seen all the same.
  run["rounds"] = 34;
  store(results, run);
  fs::last_write_time(results / "back" / "run.json", a_year_ago - std::chrono::hours(1));
  EXPECT_THAT(world.bench({"history", "--history", results.string()}).out,
              ::testing::ContainsRegex(" back +complete +34 "));
}

TEST(Cli, SeveralThatMakeTheIndexAtOnceSayTheSame) {
  World world;
  const fs::path results = world.scratch() / "results";
  ASSERT_EQ(
      Process({BENCH_MAKE_HISTORY, results.string(), "120"}, world.env, world.scratch()).wait(60).exit_code,
      0);
  const std::vector<std::string> question = {"history", "--history", results.string(), "--last", "0"};
  std::array<std::unique_ptr<Process>, 4> jobs;
  for (auto& job : jobs) job = world.start(question);
  std::array<Outcome, 4> outcomes;
  for (std::size_t i = 0; i < jobs.size(); ++i) outcomes[i] = jobs[i]->wait(100);
  const Outcome alone = world.bench(question);
  EXPECT_EQ(occurrences(alone.out, "Z-all "), 120U) << alone.out;
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, alone.out);
    EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
  }
}

TEST(Cli, WhoeverMakesTheIndexIsWaitedFor) {
  World world;
  const fs::path results = history_of(world, 12);
  ASSERT_EQ(world.bench({"history", "--history", results.string()}).exit_code, 0);
  const fs::path index = index_of(world);
  const int lock = open(fs::path(index).replace_extension(".lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  fs::remove(index);
  const auto second = world.start({"history", "--history", results.string()});
  EXPECT_FALSE(eventually(0.5, [&] { return fs::exists(index); }))
      << "the index is made while another makes it";
  close(lock);
  const Outcome outcome = second->wait(60);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" n12 "));
  EXPECT_TRUE(fs::exists(index));
}

TEST(Cli, NoIndexLiesBesideTheRuns) {
  World world;
  const fs::path results = history_of(world, 3);
  // What bench once kept there goes; what only has its name stays.
  std::ofstream(results / ".history.sqlite")
      << "SQLite format 3" << std::string(200, '\0') << "CREATE TABLE runs(\n  id INTEGER PRIMARY KEY";
  std::ofstream(results / ".history.sqlite-wal") << "x";
  std::ofstream(results / ".history.lock");
  const std::vector<std::string> question = {"history", "--history", results.string()};
  EXPECT_EQ(world.bench(question).exit_code, 0);
  EXPECT_EQ(names_in(results), (std::vector<std::string>{"n01", "n02", "n03"}));
  std::ofstream(results / ".history.sqlite") << "SQLite format 3 of somebody else";
  EXPECT_EQ(world.bench(question).exit_code, 0);
  EXPECT_EQ(names_in(results), (std::vector<std::string>{".history.sqlite", "n01", "n02", "n03"}));
}

}  // namespace
}  // namespace bench::e2e
