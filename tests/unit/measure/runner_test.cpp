#include "bench/measure/runner.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "bench/base/error.h"
#include "bench/core/run_json.h"
#include "support/fake_driver.h"
#include "unit/measure/runner_fixture.h"

namespace bench {
namespace {

using test::FakeDriver;
using ::testing::HasSubstr;

class Runner : public RunnerTest {};

TEST_F(Runner, GoogleBenchmarkSaysNothingOfItsOwn) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  go();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(Runner, MeasuresEveryTargetOncePerRoundInTheSeedsOrder) {
  go();
  EXPECT_EQ(run_.status, RunStatus::kComplete);
  EXPECT_EQ(run_.stopped_by, "rounds");
  for (const char* target : {"a", "b"}) {
    EXPECT_EQ(count(target, "startup.ready", false), 3);
    EXPECT_EQ(count(target, "startup.ready", true), 1);
  }
  for (const Sample& sample : run_.samples) {
    const auto order = round_order(plan_.seed, sample.round, sample.warmup, 2);
    EXPECT_EQ(plan_.targets[order[static_cast<std::size_t>(sample.position)]].info.name, sample.target);
  }
  EXPECT_EQ(a_.alive() + b_.alive(), 0);
  EXPECT_GT(run_.trials_seconds, 0);
  EXPECT_GE(run_.wall_seconds, run_.trials_seconds);
}

bool is_google_benchmark(const char* file) {
  return file != nullptr && std::strstr(file, "libbenchmark.so") != nullptr;
}

/// Looks at each create who has called.
class WatchedDriver : public FakeDriver {
 public:
  std::string create(const ImageSet& images, const InstanceSpec& spec, std::stop_token stop) override {
    std::array<void*, 64> stack{};
    const int depth = ::backtrace(stack.data(), static_cast<int>(stack.size()));
    ++trials;
    inside += std::any_of(stack.begin(), stack.begin() + depth, [](const void* frame) {
      Dl_info where{};
      return ::dladdr(frame, &where) != 0 && is_google_benchmark(where.dli_fname);
    });
    return FakeDriver::create(images, spec, std::move(stop));
  }
  int trials = 0, inside = 0;
};

TEST_F(Runner, EveryTrialRunsInsideGoogleBenchmark) {
  const auto named = [](dl_phdr_info* object, std::size_t, void*) {
    return is_google_benchmark(object->dlpi_name) ? 1 : 0;
  };
  if (::dl_iterate_phdr(named, nullptr) == 0) {
    GTEST_SKIP() << "Google Benchmark is linked into this program: a stack does not tell them apart";
  }
  WatchedDriver watched;
  plan_.targets[0].driver = &watched;
  go();
  EXPECT_EQ(watched.trials, plan_.warmup + plan_.rounds);
  EXPECT_EQ(watched.inside, watched.trials);
}

TEST_F(Runner, TheHeadlineComesAfterTheAppsOwnWord) {
  go();
  int headlines = 0;
  for (const Sample& sample : run_.samples) {
    if (sample.metric != "startup.ready") continue;
    ++headlines;
    const auto app = std::find_if(run_.samples.begin(), run_.samples.end(), [&](const Sample& other) {
      return other.metric == "startup.app" && other.target == sample.target && other.round == sample.round &&
             other.warmup == sample.warmup;
    });
    ASSERT_NE(app, run_.samples.end());
    EXPECT_GE(sample.value, app->value);
    EXPECT_TRUE(sample.resolution);
  }
  EXPECT_EQ(headlines, 2 * (plan_.warmup + plan_.rounds));
}

TEST_F(Runner, SamplesAreOnDiskAsTheyArrive) {
  std::size_t lines_at_first = 0;
  observer_.round_begins = [&](const std::string&, int round, int, bool warmup) {
    if (warmup || round != 1) return;
    std::ifstream file(scratch_ / "run" / "samples.jsonl");
    for (std::string line; std::getline(file, line);) ++lines_at_first;
  };
  go();
  EXPECT_GT(lines_at_first, 10U) << "the samples of the first rounds are there before the last round begins";
  const bench::Run back = load_run(scratch_ / "run");
  EXPECT_EQ(back.samples, run_.samples);
}

TEST_F(Runner, AFailureIsCountedAndIsNoSample) {
  plan_.rounds = 4;
  observer_.round_begins = [&](const std::string&, int round, int, bool warmup) {
    b_.behaviour.die_after = !warmup && round == 2 ? std::optional<Seconds>(Seconds(0.0)) : std::nullopt;
    b_.behaviour.ready_after = !warmup && round == 2 ? Seconds(60) : Seconds(0.01);
  };
  go();
  EXPECT_EQ(run_.status, RunStatus::kComplete);
  ASSERT_EQ(run_.failures.size(), 1U);
  EXPECT_EQ(run_.failures[0].target, "b");
  EXPECT_EQ(run_.failures[0].round, 2);
  EXPECT_EQ(count("b", "startup.ready", false), 3);
  EXPECT_EQ(count("b", "startup.stop", false), 3) << "nothing of the failed trial is taken";
  EXPECT_EQ(count("a", "startup.ready", false), 4);
}

TEST_F(Runner, ATargetThatNeverWorkedEndsTheRunAtItsFirstTrial) {
  b_.behaviour.die_after = Seconds(0.0);
  b_.behaviour.ready_after = Seconds(60);
  plan_.rounds = 50;
  EXPECT_THROW(go(), Error);
  EXPECT_EQ(run_.status, RunStatus::kFailed);
  EXPECT_EQ(b_.created(), 1);
  EXPECT_EQ(a_.alive() + b_.alive(), 0);
}

TEST_F(Runner, ATargetThatStopsWorkingEndsTheRunAtItsThirdFailureInARow) {
  plan_.rounds = 8;
  observer_.round_begins = [&](const std::string&, int round, int, bool warmup) {
    b_.behaviour.fail.clear();
    const bool works = warmup || round == 2;  // two failures, a success, and failures from then on
    if (!works) b_.behaviour.fail.emplace("start", Error(ErrorCode::kEngine, "no room"));
  };
  try {
    go();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("3 starts of b in a row failed"));
    EXPECT_THAT(error.what(), HasSubstr("no room"));
  }
  EXPECT_EQ(run_.failures.size(), 5U);
  EXPECT_EQ(run_.failures.back().round, 5);
  EXPECT_EQ(count("b", "startup.ready", false), 1);
  EXPECT_EQ(run_.status, RunStatus::kFailed);
}

TEST_F(Runner, AnEngineThatIsGoneEndsTheRunAndKeepsWhatWasMeasured) {
  plan_.rounds = 50;
  observer_.round_begins = [&](const std::string&, int round, int, bool warmup) {
    if (warmup || round != 2) return;
    b_.behaviour.fail.emplace("create", Error(ErrorCode::kEngine, "connection refused"));
    b_.behaviour.fail.emplace("info", Error(ErrorCode::kEngine, "the daemon went away", "start it"));
  };
  try {
    go();
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("went away"));
  }
  EXPECT_EQ(run_.status, RunStatus::kFailed);
  EXPECT_EQ(count("b", "startup.ready", false), 2);
  EXPECT_EQ(load_run(scratch_ / "run").samples, run_.samples);
}

TEST_F(Runner, AnInterruptKeepsWhatWasMeasured) {
  plan_.rounds = 50;
  observer_.round_begins = [&](const std::string&, int round, int, bool warmup) {
    if (!warmup && round == 2) stop_.request_stop();
  };
  go();
  EXPECT_EQ(run_.status, RunStatus::kInterrupted);
  EXPECT_EQ(run_.stopped_by, "signal");
  EXPECT_EQ(count("a", "startup.ready", false), 2);
  EXPECT_TRUE(run_.failures.empty()) << "an interrupted trial is no failure";
  EXPECT_EQ(a_.alive() + b_.alive(), 0);
}

TEST_F(Runner, WhatIsPreciseEnoughEndsARunAtTenRoundsAndNotBefore) {
  plan_.rounds = 14;
  plan_.precision = 1000;  // of any width
  go();
  EXPECT_EQ(run_.stopped_by, "precision");
  EXPECT_EQ(count("a", "startup.ready", false), 10);
}

TEST_F(Runner, TheBudgetEndsARunBetweenRounds) {
  plan_.rounds = 1000;
  plan_.budget = Seconds(0.3);
  go();
  EXPECT_EQ(run_.stopped_by, "budget");
  EXPECT_EQ(count("a", "startup.ready", false), count("b", "startup.ready", false));
}

TEST_F(Runner, ARunOfWarmUpsAloneHasMeasuredNothing) {
  plan_.budget = Seconds(1e-9);  // spent when the first round that counts would begin
  go();
  EXPECT_GT(count("a", "startup.ready", true), 0);
  EXPECT_EQ(count("a", "startup.ready", false), 0);
  EXPECT_EQ(run_.status, RunStatus::kFailed);
}

TEST_F(Runner, ASampleThatCannotBeStoredEndsTheRun) {
  plan_.rounds = 50;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_IGN);
  observer_.round_begins = [&](const std::string&, int round, int, bool warmup) {
    if (warmup || round != 2) return;
    const rlimit limit{std::filesystem::file_size(scratch_ / "run" / "samples.jsonl") + 100, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  };
  try {
    go();
    ADD_FAILURE() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_THAT(error.remedy(), HasSubstr("--out"));
  }
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(run_.status, RunStatus::kFailed);
  const bench::Run back = load_run(scratch_ / "run");
  EXPECT_GE(back.samples.size(), 30U) << "what was stored before is still there";
  EXPECT_EQ(a_.alive() + b_.alive(), 0);
}

TEST_F(Runner, ADirectoryThatHoldsARunIsNotOverwritten) {
  go();
  EXPECT_THROW(Checkpoint(scratch_ / "run", run_), Error);
}

}  // namespace
}  // namespace bench
