#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bench/core/run_json.h"
#include "bench/history/index.h"
#include "bench/report/render/bundle.h"
#include "bench/report/report.h"
#include "bench/stats/bootstrap.h"
#include "bench/stats/judge/derive.h"
#include "support/directory.h"
#include "support/sample_run.h"

// What is made of the numbers: statistics, the index of a history, and reports.

namespace bench {
namespace {

namespace fs = std::filesystem;

std::vector<Block> rounds(int count) {
  test::Noise noise(1);
  std::vector<Block> blocks;
  for (int i = 0; i < count; ++i)
    blocks.push_back({{0.6 + 0.01 * noise.normal()}, {11 + 0.2 * noise.normal()}});
  return blocks;
}

void bootstrap_of_a_ratio(benchmark::State& state) {
  const std::vector<Block> blocks = rounds(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(ratio_intervals(blocks));
}
BENCHMARK(bootstrap_of_a_ratio)->Arg(20)->Arg(200)->Unit(benchmark::kMillisecond);

/// All summaries, comparisons and verdicts of a run of three targets.
void derive_a_run(benchmark::State& state) {
  const Run measured = test::sample_run(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    Run run = measured;
    derive(run);
    benchmark::DoNotOptimize(run);
  }
}
BENCHMARK(derive_a_run)->Arg(20)->Unit(benchmark::kMillisecond);

void read_a_run(benchmark::State& state) {
  const std::string text = to_json(test::sample_run(20));
  for (auto _ : state) benchmark::DoNotOptimize(run_from_json(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(read_a_run)->Unit(benchmark::kMillisecond);

/// Without the charts, which gnuplot draws.
void report_a_run(benchmark::State& state, const char* format) {
  Run run = test::sample_run(20);
  derive(run);
  const std::vector<const ReportFormat*> formats{find_report_format(format)};
  for (auto _ : state) {
    Drawings none;
    benchmark::DoNotOptimize(report_files(run, formats, {}, none));
  }
}
BENCHMARK_CAPTURE(report_a_run, console, "console")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(report_a_run, md, "md")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(report_a_run, html, "html")->Unit(benchmark::kMillisecond);

/// A history of `runs` runs, with state and cache of its own.
class History {
 public:
  explicit History(int runs) {
    setenv("BENCH_STATE_DIR", (directory_.path() / "state").c_str(), 1);
    setenv("BENCH_CACHE_DIR", (directory_.path() / "cache").c_str(), 1);
    Run run = test::sample_run(10);
    derive(run);
    for (int number = 0; number < runs; ++number) {
      run.run_id = "run-" + std::to_string(number);
      fs::create_directories(results() / run.run_id);
      std::ofstream(results() / run.run_id / "run.json") << to_json(run);
    }
  }
  [[nodiscard]] fs::path results() const { return directory_.path() / "results"; }

 private:
  test::Directory directory_;
};

void open_history(const History& history) {
  std::vector<std::string> problems;
  benchmark::DoNotOptimize(open_index(history.results(), {}, problems));
}

void index_of_a_new_history(benchmark::State& state) {
  const History history(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    discard_index(history.results());
    state.ResumeTiming();
    open_history(history);
  }
}
BENCHMARK(index_of_a_new_history)->Arg(100)->Unit(benchmark::kMillisecond);

void index_of_a_known_history(benchmark::State& state) {
  const History history(static_cast<int>(state.range(0)));
  open_history(history);
  for (auto _ : state) open_history(history);
}
BENCHMARK(index_of_a_known_history)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bench

BENCHMARK_MAIN();
