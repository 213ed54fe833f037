#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "bench/core/run_json.h"
#include "bench/stats/judge/derive.h"
#include "support/sample_run.h"

// make_history DIR RUNS: that many nights of `bench run all` with two targets and 20 rounds, 2 % apart by
// chance; from three fifths of them on docker takes a fifth longer. What a long history costs is measured
// with it (docs/gate.md).

namespace bench::test {
namespace {

constexpr int kRounds = 20;

Run first_night() {
  Run run = sample_run_all(kRounds);
  std::erase_if(run.targets, [](const TargetInfo& target) { return target.name == "libvirt:full"; });
  std::erase_if(run.samples, [](const Sample& sample) { return sample.target == "libvirt:full"; });
  std::erase_if(run.failures, [](const Failure& failure) { return failure.target == "libvirt:full"; });
  run.stopped_by = "rounds";
  derive(run);
  return run;
}

void scale(std::optional<double>& value, double factor) {
  if (value) *value *= factor;
}

void scale(std::optional<Interval>& interval, double factor) {
  if (interval) interval = Interval{interval->low * factor, interval->high * factor};
}

/// Every statistic of a target grows with its samples, every ratio with its two sides, so that nothing has to
/// be derived again and ten thousand nights are made in a minute. (The shift of a comparison is near enough.)
Run night(const Run& first, int number, bool after_step) {
  using std::chrono::days, std::chrono::January, std::chrono::sys_days, std::chrono::year;
  const std::chrono::year_month_day date{sys_days{year{2000} / January / 1} + days{number}};
  const auto dated = [&](const char* format) {
    return fmt::format(fmt::runtime(format), static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  };
  Run run = first;
  run.run_id = dated("{:04}{:02}{:02}T020000Z-all");
  run.started_at = dated("{:04}-{:02}-{:02}T02:00:00Z");
  run.finished_at = dated("{:04}-{:02}-{:02}T02:40:00Z");
  Noise noise(static_cast<std::uint64_t>(number) + 1);
  std::map<std::string, double> of_target;
  for (const TargetInfo& target : run.targets) {
    const double step = after_step && target.name == "docker" ? 1.2 : 1;
    of_target[target.name] = step * std::exp(0.02 * noise.normal());
  }
  const auto factor = [&](const std::string& scenario, const std::string& target) {
    return scenario == "size" ? 1.0 : of_target.at(target);  // images are the same every night
  };
  for (Sample& sample : run.samples) sample.value *= factor(sample.scenario, sample.target);
  for (Summary& summary : run.summaries) {
    const double by = factor(summary.scenario, summary.target);
    for (double* value : {&summary.median, &summary.mean, &summary.min, &summary.max}) *value *= by;
    scale(summary.stddev, by);
    scale(summary.p95, by);
    scale(summary.ci95, by);
  }
  for (Comparison& comparison : run.comparisons) {
    const double by_b = factor(comparison.scenario, comparison.b);
    const double by = by_b / factor(comparison.scenario, comparison.a);
    comparison.ratio *= by;
    comparison.shift *= by_b;
    scale(comparison.ci95, by);
  }
  return run;
}

void make_history(const std::filesystem::path& directory, int runs) {
  const Run first = first_night();
  for (int number = 0; number < runs; ++number) {
    const Run run = night(first, number, number >= runs * 3 / 5);
    std::filesystem::create_directories(directory / run.run_id);
    std::ofstream file(directory / run.run_id / "run.json");
    file << to_json(run);
    if (!file.flush()) throw std::runtime_error("cannot write in " + directory.string());
  }
}

}  // namespace
}  // namespace bench::test

int main(int argc, char** argv) {
  int runs = 0;
  if (argc == 3) std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), runs);
  if (runs < 1) {
    std::fputs("usage: make_history DIR RUNS\n", stderr);
    return 2;
  }
  try {
    bench::test::make_history(argv[1], runs);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_history: %s\n", error.what());
    return 3;
  }
}
