#pragma once

namespace bench {

/// Google Benchmark 1.8 replaced `error_occurred` by `skipped`, and began to ask for a unit behind a minimum
/// time. Which version it is shows in the type itself; a library's version number is not in the headers of
/// all of them.
template <typename Report>
inline constexpr bool kBenchmarkSaysSkipped = requires(const Report& report) {
  report.skipped;
};

/// Whether a trial ended by SkipWithError.
template <typename Report>
bool was_skipped(const Report& report) {
  if constexpr (kBenchmarkSaysSkipped<Report>) {
    return static_cast<int>(report.skipped) != 0;
  } else {
    return report.error_occurred;
  }
}

/// As each version takes it without a word on stderr.
template <typename Report>
constexpr const char* minimum_time_flag() {
  return kBenchmarkSaysSkipped<Report> ? "--benchmark_min_time=0.001s" : "--benchmark_min_time=0.001";
}

}  // namespace bench
