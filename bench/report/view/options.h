#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

/// The answer of a gate on one metric.
struct MetricVerdict {
  std::string scenario, target, metric;
  /// Ok, better and not confirmed pass, a regression fails, what could not be measured is an error,
  /// everything else is skipped.
  GateVerdict verdict = GateVerdict::kInconclusive;
  std::string why;      ///< one line
  bool decides = true;  ///< else the gate only watches it: it turns nothing red
};

/// A picture that a report links to.
struct FigureLink {
  std::string path;     ///< relative to the report: "charts/startup-ratio.png"
  std::string alt;      ///< for who cannot see it
  std::string caption;  ///< one or two sentences below it
};

/// What a rendering may know besides the run.
struct ReportOptions {
  std::string directory;                   ///< of the run, as the user would type it; empty: not stored
  std::vector<std::string> files;          ///< what is in it: "run.json", "samples.csv", …
  std::vector<std::string> chart_formats;  ///< images that lie in charts/ beside the report: "svg", …
  std::vector<MetricVerdict> verdicts;     ///< of a gate, where one has judged the run
  std::size_t width = 100;                 ///< columns of the console
  bool colour = false;                     ///< ANSI colours on the console
};

}  // namespace bench
