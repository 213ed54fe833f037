#include "bench/measure/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include "bench/core/error.h"
#include "bench/stats/precision.h"

namespace bench {
namespace {

constexpr int kRoundsForPrecision = 10;  // fewer are no basis for a verdict
constexpr int kFailuresInARow = 3;       // then a target is not worth its time-outs any more

/// What a trial left for the reporter.
struct Outcome {
  std::vector<Sample> samples;
  std::optional<Failure> failure;
  std::exception_ptr fatal;  // ends the run
  Seconds busy{0};
};

/// Google Benchmark reads BENCHMARK_* from the environment; each flag that could change what runs, or write a
/// file, is given here so that a hostile value changes nothing.
void initialise_google_benchmark() {
  static std::once_flag once;
  std::call_once(once, [] {
    static std::array<std::string, 12> flags = {
        "bench",
        "--benchmark_filter=all",
        "--benchmark_list_tests=false",
        "--benchmark_min_time=0.001",
        "--benchmark_repetitions=1",
        "--benchmark_enable_random_interleaving=false",
        "--benchmark_report_aggregates_only=false",
        "--benchmark_display_aggregates_only=false",
        "--benchmark_out=",
        "--benchmark_context=",
        "--benchmark_perf_counters=",
        "--v=0",
    };
    std::array<char*, flags.size() + 1> argv{};
    for (std::size_t i = 0; i < flags.size(); ++i) argv[i] = flags[i].data();
    int argc = static_cast<int>(flags.size());
    benchmark::Initialize(&argc, argv.data());
  });
}

/// Takes each trial's outcome the moment Google Benchmark reports it, and keeps it.
class Keeper : public benchmark::BenchmarkReporter {
 public:
  explicit Keeper(std::function<void(const benchmark::BenchmarkReporter::Run&)> keep)
      : keep_(std::move(keep)) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& report) override {
    for (const Run& run : report) {
      if (run.run_type == Run::RT_Iteration) keep_(run);
    }
  }

 private:
  std::function<void(const benchmark::BenchmarkReporter::Run&)> keep_;
};

class Session {
 public:
  Session(Plan& plan, Run& run, Checkpoint& checkpoint, const RunObserver& observer, std::stop_token stop)
      : plan_(plan), run_(run), checkpoint_(checkpoint), observer_(observer), stop_(std::move(stop)) {}

  void round(const ScenarioRow& scenario, int round, bool warmup) {
    if (observer_.round_begins) {
      observer_.round_begins(scenario.name, round, warmup ? plan_.warmup : plan_.rounds, warmup);
    }
    const auto order = round_order(plan_.seed, round, warmup, plan_.targets.size());
    std::vector<Outcome> outcomes(order.size());
    benchmark::ClearRegisteredBenchmarks();
    for (std::size_t position = 0; position < order.size(); ++position) {
      Target& target = plan_.targets[order[position]];
      const std::string name = fmt::format("{}/{}", position, target.info.name);
      const auto one_trial = [&, target = &target, position](benchmark::State& state) {
        for ([[maybe_unused]] auto _ : state) {
          Outcome& outcome = outcomes[position];
          if (stop_.stop_requested() || fatal_) {
            state.SkipWithError("not run");
            break;
          }
          trial(scenario, *target, round, static_cast<int>(position), warmup, outcome);
          const Sample* headline = find_headline(scenario, outcome);
          if (headline == nullptr) {
            state.SkipWithError("failed");
            break;
          }
          state.SetIterationTime(headline->value);
        }
      };
      benchmark::RegisterBenchmark(name.c_str(), one_trial)
          ->UseManualTime()
          ->Iterations(1)
          ->Repetitions(1)
          ->Unit(benchmark::kSecond);
    }
    std::size_t reported = 0;
    Keeper keeper([&](const benchmark::BenchmarkReporter::Run& report) {
      Outcome& outcome = outcomes[reported++];
      if (!report.error_occurred) {
        for (Sample& sample : outcome.samples) {
          if (sample.metric == scenario.headline_metric) sample.value = report.real_accumulated_time;
        }
      }
      keep(scenario, outcome);
    });
    benchmark::RunSpecifiedBenchmarks(&keeper, nullptr, "all");
    benchmark::ClearRegisteredBenchmarks();
    if (reported != order.size() && !fatal_) {
      fatal_ = std::make_exception_ptr(
          Error(ErrorCode::kEngine,
                fmt::format("Google Benchmark reported {} of {} trials", reported, order.size())));
    }
  }

  [[nodiscard]] const std::exception_ptr& fatal() const { return fatal_; }
  [[nodiscard]] Seconds trials_time() const { return trials_time_; }

 private:
  static const Sample* find_headline(const ScenarioRow& scenario, const Outcome& outcome) {
    const auto found =
        std::find_if(outcome.samples.begin(), outcome.samples.end(),
                     [&](const Sample& sample) { return sample.metric == scenario.headline_metric; });
    return found == outcome.samples.end() ? nullptr : &*found;
  }

  // Nothing may leave this function but through `outcome`: an exception would go through Google Benchmark.
  void trial(const ScenarioRow& scenario, Target& target, int round, int position, bool warmup,
             Outcome& outcome) {
    InstanceSpec spec;
    spec.name = fmt::format("bench-{}-{}", plan_.owner.pid, ++instances_);
    spec.owner = plan_.owner;
    spec.cpus = target.info.cpus;
    spec.memory_bytes = target.info.memory_bytes;
    spec.profile = target.info.profile;
    const TimePoint began = Clock::now();
    const auto failed = [&](std::string phase, std::string message, std::optional<double> censored_at) {
      outcome.busy = Seconds(Clock::now() - began);
      outcome.failure = Failure{scenario.name,    target.info.name,   round,      warmup,
                                std::move(phase), std::move(message), censored_at};
    };
    try {
      spec.nonce = make_nonce();
      Trial trial(scenario.name, target, plan_.rules, spec, round, position, warmup, stop_);
      scenario.run(trial);
      outcome.samples = trial.samples();
      outcome.busy = trial.busy();
    } catch (const StartError& error) {
      failed(error.failure().phase, error.what(), error.failure().censored_at);
      judge(target, error, outcome);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) return;
      failed("after ready", error.what(), std::nullopt);
      judge(target, error, outcome);
    } catch (const std::exception& error) {
      failed("after ready", error.what(), std::nullopt);
      judge(target, Error(ErrorCode::kEngine, error.what()), outcome);
    }
  }

  // One trial may fail by itself. The run ends when more trials could only fail in the same way: the engine
  // is gone, the target never worked, or it has stopped working.
  void judge(const Target& target, const Error& error, Outcome& outcome) {
    try {
      target.driver->info(target.info.profile);
    } catch (const Error& gone) {
      outcome.fatal = std::make_exception_ptr(gone);
      return;
    }
    const Streak& streak = streaks_[target.info.name];
    if (streak.successes == 0) {
      outcome.fatal = std::make_exception_ptr(error);
    } else if (streak.failures + 1 >= kFailuresInARow) {
      outcome.fatal =
          std::make_exception_ptr(Error(error.code(),
                                        fmt::format("{} starts of {} in a row failed, the last one so: {}",
                                                    kFailuresInARow, target.info.name, error.what()),
                                        error.remedy()));
    }
  }

  void keep(const ScenarioRow& scenario, const Outcome& outcome) {
    trials_time_ += outcome.busy;
    try {
      for (const Sample& sample : outcome.samples) {
        run_.samples.push_back(sample);
        checkpoint_.append(sample);
      }
      if (outcome.failure) {
        run_.failures.push_back(*outcome.failure);
        checkpoint_.append(*outcome.failure);
      }
    } catch (const Error&) {
      if (!fatal_) fatal_ = std::current_exception();
    }
    if (outcome.fatal && !fatal_) fatal_ = outcome.fatal;
    if (outcome.failure) {
      ++streaks_[outcome.failure->target].failures;
    } else if (!outcome.samples.empty()) {
      streaks_[outcome.samples.front().target] = {streaks_[outcome.samples.front().target].successes + 1, 0};
    }
    if (const Sample* headline = find_headline(scenario, outcome);
        headline != nullptr && observer_.trial_done) {
      observer_.trial_done(*headline);
    }
    if (outcome.failure && observer_.trial_failed) observer_.trial_failed(*outcome.failure);
  }

  struct Streak {
    int successes = 0;
    int failures = 0;  // since the last success
  };

  Plan& plan_;
  bench::Run& run_;
  Checkpoint& checkpoint_;
  const RunObserver& observer_;
  std::stop_token stop_;
  std::exception_ptr fatal_;
  std::map<std::string, Streak> streaks_;
  Seconds trials_time_{0};
  int instances_ = 0;
};

}  // namespace

void run_plan(Plan& plan, Run& run, Checkpoint& checkpoint, const RunObserver& observer,
              const std::stop_token& stop) {
  initialise_google_benchmark();
  Session session(plan, run, checkpoint, observer, stop);
  const TimePoint began = Clock::now();
  run.stopped_by = "rounds";
  const auto over = [&] { return stop.stop_requested() || session.fatal(); };

  for (const ScenarioRow* scenario : plan.scenarios) {
    for (int round = 0; round < plan.warmup && !over(); ++round) session.round(*scenario, round, true);
    for (int round = 0; round < plan.rounds && !over(); ++round) {
      if (plan.budget && Seconds(Clock::now() - began) >= *plan.budget) {
        run.stopped_by = "budget";
        break;
      }
      if (plan.precision && round >= kRoundsForPrecision &&
          precise_enough(run, scenario->name, scenario->headline_metric, *plan.precision)) {
        run.stopped_by = "precision";
        break;
      }
      session.round(*scenario, round, false);
    }
  }

  run.wall_seconds = Seconds(Clock::now() - began).count();
  run.trials_seconds = session.trials_time().count();
  for (Target& target : plan.targets) {
    for (TargetInfo& info : run.targets) {
      if (info.name == target.info.name) info.equivalence = target.info.equivalence;
    }
  }
  if (stop.stop_requested()) {
    run.status = "interrupted";
    run.stopped_by = "signal";
  } else if (session.fatal()) {
    run.status = "failed";
    run.stopped_by = "error";
    std::rethrow_exception(session.fatal());
  } else {
    run.status = "complete";
  }
}

}  // namespace bench
