#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/view/options.h"

namespace bench {

// What other tools read: docs/exports.md. Each is a pure function of the run, whose summaries and comparisons
// must have been derived. Values are the run's own, in base units. A warm-up round is in none of them, a
// failed trial is never a value, and a statistic that does not exist is left out (or null), never 0.

/// Google Benchmark's JSON: one entry per time of a successful trial, with its CPU time where there is one;
/// what else the trial measured as user counters of its headline. Read by its compare.py.
std::string google_benchmark_export(const Run& run);

/// github-action-benchmark's customSmallerIsBetter: the medians of what is better when smaller.
std::string github_action_export(const Run& run);

/// Bencher Metric Format: target → metric → median and its 95 % interval.
std::string bencher_export(const Run& run);

/// The layout of `hyperfine --export-json`: one result per time and target.
std::string hyperfine_export(const Run& run);

/// OpenMetrics text, which is Prometheus text too: for the textfile collector of node_exporter. Without
/// timestamps, since that collector refuses them.
std::string openmetrics_export(const Run& run);

/// JUnit XML: one test case per scenario and target (an error where it could not be measured), and one per
/// verdict.
std::string junit_export(const Run& run, const std::vector<MetricVerdict>& verdicts);

/// A page of Markdown for a CI job's summary: the answer, the table, what failed.
std::string ci_summary_export(const Run& run);

/// One row per export; bench/report/report.h makes a report format of each.
struct ExportFormat {
  std::string name;       ///< as in --format, and in the configuration of a job
  std::string file_name;  ///< unless the user names another
  std::string summary;
  std::function<std::string(const Run&, const ReportOptions&)> render;
};

/// Those of this program.
const std::vector<ExportFormat>& export_formats();

}  // namespace bench
