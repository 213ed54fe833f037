#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/export_formats.h"

namespace bench {

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
  std::vector<FigureLink> figures;         ///< drawn beside the report; empty where nothing was drawn
  std::vector<std::string> chart_formats;  ///< images that lie in charts/ beside the report: "svg", …
  std::vector<MetricVerdict> verdicts;     ///< of a gate, where one has judged the run
  std::size_t width = 100;                 ///< columns of the console
  bool colour = false;                     ///< ANSI colours on the console
};

/// For people at a terminal: headline, tables, phases, verdicts, failures, warnings.
std::string console_report(const Run& run, const ReportOptions& options);

/// The same as GitHub Markdown, for a reader who was not there.
std::string markdown_report(const Run& run, const ReportOptions& options);

/// One row per sample (RFC 4180, a header first): scenario, target, metric, unit, value, round, position,
/// warmup, resolution, at. Numbers are the shortest that read back exactly, whatever the locale; a newline in
/// a name becomes a space, since not every reader takes one inside quotes.
std::string samples_csv(const Run& run, const ReportOptions& options);

/// A field of RFC 4180, quoted where it must be; a newline in it becomes a space.
std::string csv_field(std::string_view text);

/// One row per summary, for a spreadsheet: scenario, target, metric, unit, n, failures, median, mean, stddev,
/// min, max, p95, ci95_low, ci95_high, outliers. A statistic that does not exist is an empty field.
std::string summaries_csv(const Run& run);

class Drawings;

/// A file of a report.
struct OutputFile {
  std::string path;  ///< relative to the report's folder; empty: for stdout only
  std::string bytes;
};

/// One row per format. Adding one is one file and one row (report.cpp). All are pure functions of the run,
/// whose summaries and comparisons must have been derived, and of the figures drawn from it.
struct ReportFormat {
  std::string name;  ///< as in --format
  std::string summary;
  /// The report itself comes first, then what it links to.
  std::vector<OutputFile> (*files)(const Run&, const ReportOptions&, Drawings&) = nullptr;
  std::vector<std::string> images;  ///< the image formats that it needs drawn
  bool text = true;                 ///< its first file may go to stdout
};

const std::vector<ReportFormat>& report_formats();

/// Null when there is no such format.
const ReportFormat* find_report_format(const std::string& name);

/// The files of all these formats, each path once, in the order of the formats.
std::vector<OutputFile> report_files(const Run& run, const std::vector<const ReportFormat*>& formats,
                                     ReportOptions options, Drawings& drawings);

}  // namespace bench
