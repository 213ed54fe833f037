#include "bench/history/history.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "bench/base/error.h"
#include "bench/core/run_json.h"
#include "bench/history/calibration/calibration.h"
#include "bench/history/conditions.h"
#include "bench/history/gate.h"
#include "bench/history/index_place.h"
#include "bench/history/pins.h"
#include "bench/stats/judge/derive.h"
#include "support/own_state.h"
#include "support/sample_run.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HistoryTest : public OwnState {
 protected:
  void SetUp() override {
    OwnState::SetUp();
    dir_ = base_ / "results";
    fs::create_directory(dir_);
  }
  [[nodiscard]] fs::path index_file() const { return index_place(dir_).value().database; }

  /// A run of docker alone, `slower` than usual, on day `day` of 2026.
  static bench::Run one(int day, double slower = 1) {
    bench::Run run = test::one_target_run();
    run.run_id = fmt::format("run-{:03}", day);
    run.started_at = fmt::format("2026-{:02}-{:02}T02:00:00Z", 1 + day / 28, 1 + day % 28);
    test::Noise noise(static_cast<std::uint64_t>(day) + 1);
    const double today = 1 + 0.005 * noise.normal();
    for (Sample& sample : run.samples) sample.value *= slower * today;
    derive(run);
    return run;
  }
  fs::path store(const bench::Run& run) {
    fs::create_directories(dir_ / run.run_id);
    std::ofstream(dir_ / run.run_id / "run.json") << to_json(run);
    return dir_ / run.run_id;
  }
  void store_days(int days) {
    for (int day = 0; day < days; ++day) store(one(day));
  }
  static const GateLine& line_of(const GateAnswer& answer, const std::string& metric) {
    for (const GateLine& line : answer.lines) {
      if (line.finding.series.metric == metric) return line;
    }
    throw std::out_of_range(metric);
  }

  fs::path dir_;
};

SeriesKey ready_of(const History& history) {
  const auto keys = history.series("startup.ready");
  return keys.at(0);
}

TEST_F(HistoryTest, RunsInOrderOfTimeAndFiguresAsStored) {
  store_days(3);
  const History history(dir_);
  EXPECT_THAT(history.problems(), IsEmpty());
  ASSERT_EQ(history.count(), 3U);
  EXPECT_EQ(history.runs(2).front().run_id, "run-001");
  const auto points = history.points(ready_of(history), 0);
  ASSERT_THAT(points, SizeIs(3));
  const bench::Run last = one(2);
  const auto summary =
      std::find_if(last.summaries.begin(), last.summaries.end(),
                   [](const Summary& candidate) { return candidate.metric == "startup.ready"; });
  ASSERT_NE(summary, last.summaries.end());
  EXPECT_DOUBLE_EQ(points[2].value, summary->median);
  EXPECT_EQ(points[2].ci95, summary->ci95);
  EXPECT_TRUE(points[2].usable);
}

TEST_F(HistoryTest, NewChangedAndRemovedRunsAreSeen) {
  store_days(2);
  EXPECT_EQ(History(dir_).count(), 2U);
  store(one(5));
  fs::remove_all(dir_ / "run-000");
  bench::Run changed = one(1, 2);
  changed.rounds = 77;
  store(changed);
  const History history(dir_);
  ASSERT_THAT(history.runs(0), SizeIs(2));
  EXPECT_EQ(history.runs(0)[0].rounds, 77);
  EXPECT_THAT(history.points(ready_of(history), 0), SizeIs(2));
}

TEST_F(HistoryTest, AMetricWhoseRunsAreGoneIsGone) {
  bench::Run with = one(1);
  for (Sample& sample : with.samples) {
    if (sample.metric == "startup.stop") sample.metric = "startup.extra";
  }
  derive(with);
  store(with);
  store(one(0));
  EXPECT_THAT(History(dir_).metrics(), ::testing::Contains("startup.extra"));
  fs::remove_all(dir_ / "run-001");
  EXPECT_THAT(History(dir_).metrics(), ::testing::Not(::testing::Contains("startup.extra")));
}

TEST_F(HistoryTest, WithoutStoredSummariesTheyAreDerived) {
  bench::Run run = one(0);
  run.summaries.clear();
  run.comparisons.clear();
  store(run);
  EXPECT_THAT(History(dir_).series("startup.ready"), SizeIs(1));
}

TEST_F(HistoryTest, WhatCannotBeReadIsNamedAndTheRestIsThere) {
  store_days(2);
  const std::string whole = to_json(one(9));
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty", ""},
      {"truncated", whole.substr(0, whole.size() / 2)},
      {"other", R"({"schema": "bench.run/99"})"}};
  for (const auto& [name, text] : bad) {
    fs::create_directories(dir_ / name);
    std::ofstream(dir_ / name / "run.json") << text;
  }
  for (int again = 0; again < 2; ++again) {  // made, and read again from the index
    const History history(dir_);
    EXPECT_EQ(history.count(), 2U);
    ASSERT_THAT(history.problems(), SizeIs(3));
    EXPECT_THAT(history.problems()[0], HasSubstr("empty"));
    EXPECT_THAT(history.problems()[1], HasSubstr("bench.run/99"));
    EXPECT_THAT(history.problems()[2], HasSubstr("truncated"));
  }
}

TEST_F(HistoryTest, ADamagedIndexIsMadeAnew) {
  store_days(3);
  for (const std::string damage :
       {"no database at all, but longer than a header of one hundred bytes would be ....."
        "..........................................",
        "", "SQLite format 3"}) {
    { const History made(dir_); }
    remove_database(index_file());
    std::ofstream(index_file(), std::ios::trunc) << damage;
    const History history(dir_);
    EXPECT_EQ(history.count(), 3U) << damage;
    EXPECT_THAT(history.points(ready_of(history), 0), SizeIs(3));
  }
}

TEST_F(HistoryTest, DamageInsideTheIndexIsFoundWhenItIsAsked) {
  store_days(40);
  { const History made(dir_); }
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(index_file().string() + suffix);
  const auto size = static_cast<std::streamoff>(fs::file_size(index_file()));
  {
    std::fstream file(index_file(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::streamoff at = 4096; at + 4096 <= size; at += 4096) {  // every page but the first
      file.seekp(at);
      file.write(std::string(64, '\xff').data(), 64);
    }
  }
  const History history(dir_);
  EXPECT_EQ(history.count(), 40U);
  EXPECT_THAT(history.points(ready_of(history), 0), SizeIs(40));
}

TEST_F(HistoryTest, TwoAtOnce) {
  store_days(30);
  std::vector<std::future<std::size_t>> jobs;
  for (int i = 0; i < 4; ++i) {
    jobs.push_back(std::async(std::launch::async, [this] { return History(dir_).count(); }));
  }
  for (auto& job : jobs) EXPECT_EQ(job.get(), 30U);
}

TEST_F(HistoryTest, KilledWhileIndexing) {
  store_days(60);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    for (;;) {
      fs::remove(index_file());
      const History history(dir_);
    }
  }
  usleep(60'000);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const History history(dir_);
  EXPECT_EQ(history.count(), 60U);
  EXPECT_THAT(history.points(ready_of(history), 0), SizeIs(60));
}

TEST_F(HistoryTest, WhereNoIndexCanBeWrittenItIsMadeInMemory) {
  store_days(3);
  fs::create_directory(index_file());  // in the way, as a full or read-only disk is
  const History history(dir_);
  EXPECT_EQ(history.count(), 3U);
  ASSERT_THAT(history.problems(), SizeIs(1));
  EXPECT_THAT(history.problems()[0], HasSubstr("in memory"));
}

TEST_F(HistoryTest, ADirectoryThatIsNotThere) {
  EXPECT_THROW(History(dir_ / "nothing"), Error);
}

TEST_F(HistoryTest, AnInterruptedRunIsNoBaseline) {
  bench::Run run = one(0);
  run.status = RunStatus::kInterrupted;
  store(run);
  const History history(dir_);
  EXPECT_THAT(history.points(ready_of(history), 0), SizeIs(1));
  EXPECT_THAT(history.baseline(ready_of(history), 20, std::nullopt), IsEmpty());
}

TEST_F(HistoryTest, OtherConditionsAreAnotherHistory) {
  store_days(2);
  bench::Run other = one(3);
  other.environment.fingerprint["kernel"] = std::string("6.2");
  store(other);
  EXPECT_THAT(History(dir_).series("startup.ready"), SizeIs(2));
}

TEST(Conditions, TheAppIsNoConditionAndAPathIsNone) {
  bench::Run a = test::one_target_run();
  bench::Run b = a;
  b.targets[0].equivalence.app_sha256 = "another";
  b.targets[0].image["digest"] = std::string("another");
  b.targets[0].engine["socket"] = std::string("/elsewhere");
  EXPECT_EQ(conditions_digest(a, a.targets[0]), conditions_digest(b, b.targets[0]));
  const auto rows = differences(a, b, {{"docker", "docker"}});
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_FALSE(rows[0].forbids);
  EXPECT_THAT(rows[0].in_words, HasSubstr("app (hash)"));
}

TEST(Conditions, WhatForbidsComesFirstInPlainWords) {
  const bench::Run a = test::one_target_run();
  bench::Run b = a;
  b.targets[0].equivalence.python = "3.12.3";
  b.environment.fingerprint["kernel"] = std::string("6.9");
  b.targets[0].memory_bytes *= 2;
  const auto rows = differences(a, b, {{"docker", "docker"}});
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_THAT(rows[0].in_words, HasSubstr("another kernel"));
  EXPECT_TRUE(rows[0].forbids && rows[1].forbids);
  EXPECT_THAT(rows[1].in_words, HasSubstr("memory limit"));
  EXPECT_FALSE(rows[2].forbids);
  EXPECT_NE(conditions_digest(a, a.targets[0]), conditions_digest(b, b.targets[0]));
}

TEST(Conditions, ParametersAreConditionsAndATargetWithoutThemKeepsItsDigest) {
  const bench::Run a = test::one_target_run();
  bench::Run b = a;
  b.targets[0].traits = {.boundary = Boundary::kUserSpaceKernel,
                         .roles = {{"vmm", "x"}}};  // a container still
  EXPECT_EQ(conditions_digest(a, a.targets[0]), conditions_digest(b, b.targets[0]))
      << "what an older run does not say must not end its history";
  b.targets[0].parameters = {{"machine", "pc"}};
  EXPECT_NE(conditions_digest(a, a.targets[0]), conditions_digest(b, b.targets[0]));
}

TEST_F(HistoryTest, TheGatePassesTheSameAndFailsTheSlower) {
  store_days(12);
  const History history(dir_);
  const GateAnswer same = gate_by_history(one(12), history, {}, {});
  EXPECT_EQ(same.answer, GateResult::kPass);
  EXPECT_EQ(gate_exit_code(same, true), 0);
  GateAnswer slower = gate_by_history(one(12, 1.5), history, {}, {});
  EXPECT_EQ(slower.answer, GateResult::kRegression);
  EXPECT_EQ(gate_exit_code(slower, false), 1);
  EXPECT_THAT(line_of(slower, "startup.ready").why, HasSubstr("beyond"));
  EXPECT_TRUE(needs_confirmation(slower));
  GateAnswer again = slower;
  confirm(slower, one(13, 1.5), nullptr, {});
  EXPECT_EQ(slower.answer, GateResult::kRegression);
  EXPECT_EQ(slower.confirmed_by, "run-013");
  confirm(again, one(13), nullptr, {});
  EXPECT_EQ(again.answer, GateResult::kPass);
  EXPECT_EQ(line_of(again, "startup.ready").verdict, GateVerdict::kNotConfirmed);
}

TEST_F(HistoryTest, TheGateReportsImprovements) {
  store_days(12);
  const GateAnswer answer = gate_by_history(one(12, 0.7), History(dir_), {}, {});
  EXPECT_EQ(answer.answer, GateResult::kPass);
  EXPECT_EQ(line_of(answer, "startup.ready").verdict, GateVerdict::kImprovement);
}

TEST_F(HistoryTest, TooShortAHistoryIsNoAnswer) {
  store_days(9);
  const GateAnswer answer = gate_by_history(one(12), History(dir_), {}, {});
  EXPECT_EQ(answer.answer, GateResult::kInconclusive);
  EXPECT_EQ(gate_exit_code(answer, false), 0);
  EXPECT_EQ(gate_exit_code(answer, true), 4);
}

TEST_F(HistoryTest, ASetUpErrorIsNeverARegressionAndNeverAPass) {
  store_days(12);
  bench::Run run = one(12);
  run.samples.clear();
  for (int round = 0; round < 10; ++round) {
    run.failures.push_back({"startup", "docker", round, false, "create", "no space left on device", {}});
  }
  derive(run);
  const GateAnswer answer = gate_by_history(run, History(dir_), {}, {});
  EXPECT_EQ(answer.answer, GateResult::kCouldNotMeasure);
  EXPECT_EQ(gate_exit_code(answer, false), 3);
  EXPECT_THAT(answer.lines.at(0).why, HasSubstr("all 10 trials failed"));
}

TEST_F(HistoryTest, AMetricThatWasLostIsSaid) {
  store_days(12);
  bench::Run run = one(12);
  std::erase_if(run.samples, [](const Sample& sample) { return sample.metric == "startup.stop"; });
  derive(run);
  const GateAnswer answer = gate_by_history(run, History(dir_), {}, {});
  EXPECT_EQ(line_of(answer, "startup.stop").verdict, GateVerdict::kCouldNotMeasure);
  EXPECT_EQ(gate_exit_code(answer, false), 3);
}

TEST_F(HistoryTest, AClockThatWasSetBackLosesNothing) {
  for (int day = 30; day < 45; ++day) store(one(day));
  const GateAnswer answer = gate_by_history(one(2, 1.5), History(dir_), {}, {});
  EXPECT_EQ(answer.answer, GateResult::kRegression);
  EXPECT_THAT(answer.notes, ElementsAre(HasSubstr("set back")));
}

TEST_F(HistoryTest, APinnedBaseline) {
  const fs::path before = store(one(0));
  pin(dir_, "release-1", before);
  EXPECT_EQ(load_pins(dir_).at("release-1"), "run-000");
  EXPECT_EQ(fs::canonical(find_baseline(dir_, "release-1")), fs::canonical(before));
  EXPECT_THROW(find_baseline(dir_, "release-2"), Error);
  EXPECT_THROW(pin(dir_, "a/b", before), Error);
  const GateAnswer slower = gate_by_run(one(1, 1.5), one(0), {});
  EXPECT_EQ(slower.answer, GateResult::kRegression);
  bench::Run elsewhere = one(1, 1.5);
  elsewhere.environment.fingerprint["cores"] = std::int64_t{64};
  EXPECT_EQ(gate_by_run(elsewhere, one(0), {}).answer, GateResult::kInconclusive);
}

TEST_F(HistoryTest, TheNoiseFloorOfACalibrationHoldsOnItsHostOnly) {
  store_days(12);
  GateRequest request;
  Calibration calibration{"2026-01-01T00:00:00Z", one(0).environment.fingerprint, {}};
  for (const char* metric : {"startup.ready", "startup.cpu", "startup.stop"}) {
    calibration.floors.push_back({"startup", metric, "docker", 0.8});
  }
  store_calibration(calibration, dir_ / kCalibrationFile);
  request.calibration = load_calibration(dir_ / kCalibrationFile);
  ASSERT_TRUE(request.calibration);
  EXPECT_EQ(gate_by_history(one(12, 1.5), History(dir_), {}, request).answer, GateResult::kPass);
  const auto on = [](const std::string& host) {
    bench::Run run = one(12, 1.5);
    run.environment.host = Host{host, host};
    return run;
  };
  request.calibration->host = "A";
  EXPECT_EQ(gate_by_history(on("A"), History(dir_), {}, request).answer, GateResult::kPass);
  EXPECT_EQ(gate_by_history(on("B"), History(dir_), {}, request).answer, GateResult::kRegression)
      << "another one that is like it";
  EXPECT_EQ(gate_by_history(one(12, 1.5), History(dir_), {}, request).answer, GateResult::kPass)
      << "it does not say";
  request.calibration->fingerprint["kernel"] = std::string("other");
  EXPECT_EQ(gate_by_history(one(12, 1.5), History(dir_), {}, request).answer, GateResult::kRegression);
  EXPECT_FALSE(load_calibration(dir_ / "none").has_value());
}

}  // namespace
}  // namespace bench
