#include "bench/report/exports/formats.h"

namespace bench {
namespace {

using Render = std::function<std::string(const Run&, const ReportOptions&)>;

/// Of an export that needs nothing but the run.
Render of_run(std::string (*render)(const Run&)) {
  return [render](const Run& run, const ReportOptions& /*options*/) { return render(run); };
}

}  // namespace

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {"google-benchmark", "google-benchmark.json", "Google Benchmark's JSON, for its compare.py",
       of_run(google_benchmark_export)},
      {"github-action", "github-action.json", "github-action-benchmark, customSmallerIsBetter",
       of_run(github_action_export)},
      {"bencher", "bencher.json", "Bencher Metric Format", of_run(bencher_export)},
      {"hyperfine", "hyperfine.json", "as hyperfine --export-json", of_run(hyperfine_export)},
      {"openmetrics", "bench.prom", "OpenMetrics, for node_exporter's textfile collector",
       of_run(openmetrics_export)},
      {"junit", "junit.xml", "JUnit XML, with the verdicts of a gate where there are any",
       [](const Run& run, const ReportOptions& options) { return junit_export(run, options.verdicts); }},
      {"ci-summary", "ci-summary.md", "Markdown for the page of a CI job", of_run(ci_summary_export)},
  };
  return formats;
}

}  // namespace bench
