#include "bench/measure/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <utility>

#include "bench/base/error.h"
#include "bench/measure/google_benchmark.h"
#include "bench/measure/visits.h"
#include "bench/stats/judge/equivalence.h"
#include "bench/stats/judge/precision.h"

namespace bench {
namespace {

constexpr int kRoundsForPrecision = 10;  // fewer are no basis for a verdict

/// Google Benchmark reads BENCHMARK_* from the environment; each flag that could change what runs, or write a
/// file, is given here so that a hostile value changes nothing.
void initialise_google_benchmark() {
  static std::once_flag once;
  std::call_once(once, [] {
    static std::array<std::string, 12> flags = {
        "bench",
        "--benchmark_filter=all",
        "--benchmark_list_tests=false",
        minimum_time_flag<benchmark::BenchmarkReporter::Run>(),
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
  Session(const Plan& plan, bench::Run& run, Checkpoint& checkpoint, const RunObserver& observer,
          std::stop_token stop)
      : plan_(plan),
        run_(run),
        checkpoint_(checkpoint),
        observer_(observer),
        stop_(std::move(stop)),
        visits_(plan, observer.progress, stop_) {
    for (const ScenarioRow* row : plan.scenarios) {
      if (row->observe != nullptr) observing_.push_back(row);
    }
  }

  [[nodiscard]] const std::vector<const ScenarioRow*>& observing() const { return observing_; }

  /// Every scenario's visits before the rounds, or after them.
  void outside(void (*ScenarioRow::*hook)(Trial&), const char* phase) {
    for (const ScenarioRow* row : plan_.scenarios) {
      if (row->*hook == nullptr) continue;
      for (const Target& target : plan_.targets) {
        if (over()) return;
        if (observer_.visit_begins) observer_.visit_begins(row->name, target.info.name);
        keep(visits_.outside(*row, target, row->*hook, phase));
      }
    }
  }

  void round(int round, bool warmup) {
    if (observer_.round_begins) {
      observer_.round_begins(names(), round, warmup ? plan_.warmup : plan_.rounds, warmup);
    }
    const auto order = round_order(plan_.seed, round, warmup, plan_.targets.size());
    std::vector<Visit> visits(order.size());
    benchmark::ClearRegisteredBenchmarks();
    for (std::size_t position = 0; position < order.size(); ++position) {
      const Target& target = plan_.targets[order[position]];
      const std::string name = fmt::format("{}/{}", position, target.info.name);
      const auto one_trial = [&, target = &target, position](benchmark::State& state) {
        for ([[maybe_unused]] auto _ : state) {
          if (over()) {
            state.SkipWithError("not run");
            break;
          }
          // Nothing is thrown from here: an exception would go through Google Benchmark.
          Visit& visit = visits[position];
          visit = visits_.in_round(*target, {round, static_cast<int>(position), warmup});
          if (visit.samples.empty()) {
            state.SkipWithError("failed");
            break;
          }
          const Sample* headline = find(visit, *observing_.front());
          state.SetIterationTime(is_time(headline) ? headline->value : visit.busy.count());
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
      Visit& visit = visits[reported++];
      Sample* headline = find(visit, *observing_.front());
      if (!was_skipped(report) && is_time(headline)) headline->value = report.real_accumulated_time;
      keep(visit);
    });
    benchmark::RunSpecifiedBenchmarks(&keeper, nullptr, "all");
    benchmark::ClearRegisteredBenchmarks();
    if (reported != order.size() && !fatal_) {
      fatal_ = std::make_exception_ptr(
          Error(ErrorCode::kEngine,
                fmt::format("Google Benchmark reported {} of {} trials", reported, order.size())));
    }
  }

  [[nodiscard]] bool over() const { return stop_.stop_requested() || fatal_; }
  [[nodiscard]] const std::exception_ptr& fatal() const { return fatal_; }
  [[nodiscard]] Seconds trials_time() const { return trials_time_; }

 private:
  static Sample* find(Visit& visit, const ScenarioRow& scenario) {
    const MetricSpec* headline = headline_of(scenario);
    const auto found = std::find_if(visit.samples.begin(), visit.samples.end(), [&](const Sample& sample) {
      return headline != nullptr && sample.metric == headline->name;
    });
    return found == visit.samples.end() ? nullptr : &*found;
  }
  static bool is_time(const Sample* sample) { return sample != nullptr && sample->unit == Unit::kSeconds; }

  [[nodiscard]] std::string names() const {
    std::string text;
    for (const ScenarioRow* row : observing_) text += (text.empty() ? "" : ", ") + row->name;
    return text;
  }

  void keep(Visit visit) {
    trials_time_ += visit.busy;
    for (TargetInfo& info : run_.targets) {
      if (info.name == visit.target && info.equivalence == Equivalence{})
        info.equivalence = visit.equivalence;
    }
    if (const auto differs = started_differently(run_.targets)) warn(*differs);
    try {
      for (const Sample& sample : visit.samples) {
        run_.samples.push_back(sample);
        checkpoint_.append(sample);
      }
      for (const Failure& failure : visit.failures) {
        run_.failures.push_back(failure);
        checkpoint_.append(failure);
      }
    } catch (const Error&) {
      if (!fatal_) fatal_ = std::current_exception();
    }
    for (auto& [key, fact] : visit.notes) run_.conditions.insert_or_assign(key, std::move(fact));
    for (const Warning& warning : visit.warnings) warn(warning);
    if (visit.fatal && !fatal_) fatal_ = visit.fatal;
    for (const ScenarioRow* row : plan_.scenarios) {
      const Sample* headline = find(visit, *row);
      if (headline != nullptr && observer_.trial_done) observer_.trial_done(*headline);
    }
    if (!visit.failures.empty() && observer_.trial_failed) observer_.trial_failed(visit.failures.front());
  }

  void warn(const Warning& warning) {
    auto& known = run_.environment.warnings;
    if (std::find(known.begin(), known.end(), warning) != known.end()) return;
    known.push_back(warning);
    if (observer_.warned) observer_.warned(warning);
  }

  const Plan& plan_;
  bench::Run& run_;
  Checkpoint& checkpoint_;
  const RunObserver& observer_;
  std::stop_token stop_;
  Visits visits_;
  std::vector<const ScenarioRow*> observing_;
  std::exception_ptr fatal_;
  Seconds trials_time_{0};
};

bool all_precise(const bench::Run& run, const std::vector<const ScenarioRow*>& scenarios, double half_width) {
  return std::all_of(scenarios.begin(), scenarios.end(), [&](const ScenarioRow* row) {
    const MetricSpec* headline = headline_of(*row);
    return headline != nullptr && precise_enough(run, row->name, headline->name, half_width);
  });
}

}  // namespace

void run_plan(const Plan& plan, Run& run, Checkpoint& checkpoint, const RunObserver& observer,
              const std::stop_token& stop) {
  initialise_google_benchmark();
  Session session(plan, run, checkpoint, observer, stop);
  const TimePoint began = Clock::now();
  run.stopped_by = "rounds";
  session.outside(&ScenarioRow::before, kBeforeRounds);
  const bool rounds = !session.observing().empty();
  for (int round = 0; rounds && round < plan.warmup && !session.over(); ++round) session.round(round, true);
  for (int round = 0; rounds && round < plan.rounds && !session.over(); ++round) {
    if (plan.budget && Seconds(Clock::now() - began) >= *plan.budget) {
      run.stopped_by = "budget";
      break;
    }
    if (plan.precision && round >= kRoundsForPrecision &&
        all_precise(run, session.observing(), *plan.precision)) {
      run.stopped_by = "precision";
      break;
    }
    session.round(round, false);
  }
  session.outside(&ScenarioRow::after, kAfterRounds);

  run.wall_seconds = Seconds(Clock::now() - began).count();
  run.trials_seconds = session.trials_time().count();
  if (stop.stop_requested()) {
    run.status = RunStatus::kInterrupted;
    run.stopped_by = "signal";
  } else if (session.fatal()) {
    run.status = RunStatus::kFailed;
    run.stopped_by = "error";
    std::rethrow_exception(session.fatal());
  } else {
    // A run without a single number that counts is none, however orderly it ended.
    const bool measured = std::any_of(run.samples.begin(), run.samples.end(),
                                      [](const Sample& sample) { return !sample.warmup; });
    run.status = measured ? RunStatus::kComplete : RunStatus::kFailed;
  }
}

}  // namespace bench
