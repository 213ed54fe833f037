#include "bench/report/exports/formats.h"

#include <algorithm>

namespace bench {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {"google-benchmark", "google-benchmark.json", "Google Benchmark's JSON, for its compare.py",
       google_benchmark_export},
      {"github-action", "github-action.json", "github-action-benchmark, customSmallerIsBetter",
       github_action_export},
      {"bencher", "bencher.json", "Bencher Metric Format", bencher_export},
      {"hyperfine", "hyperfine.json", "as hyperfine --export-json", hyperfine_export},
      {"openmetrics", "bench.prom", "OpenMetrics, for node_exporter's textfile collector",
       openmetrics_export},
      {"junit", "junit.xml", "JUnit XML: what could not be measured is an error",
       [](const Run& run) { return junit_export(run, {}); }},
      {"ci-summary", "ci-summary.md", "Markdown for the page of a CI job", ci_summary_export},
  };
  return formats;
}

const ExportFormat* find_export_format(const std::string& name) {
  const auto& formats = export_formats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const ExportFormat& format) { return format.name == name; });
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace bench
