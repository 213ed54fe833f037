#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/exports/formats.h"
#include "bench/report/render/output_file.h"
#include "bench/report/view/options.h"

namespace bench {

class Drawings;

enum class FormatKind {
  kPage,    ///< for people; its first file may go to stdout
  kData,    ///< the run's samples as tables
  kCharts,  ///< images alone
  kExport,  ///< one file for another tool: docs/exports.md
};

/// One row per format: `report`, its help, the configuration of jobs and retention all read this table. All
/// are pure functions of the run, whose summaries and comparisons must have been derived, and of the figures
/// drawn from it.
struct ReportFormat {
  std::string name;  ///< as in --format
  std::string summary;
  FormatKind kind = FormatKind::kPage;
  /// What it may write in a run's folder, the report itself first; kChartFolder for all images.
  std::vector<std::string> file_names;
  /// The report itself comes first, then what it links to.
  std::function<std::vector<OutputFile>(const Run&, const ReportOptions&, Drawings&)> files;
  std::vector<std::string> images;  ///< the image formats that it needs drawn
};

/// Where all images of a report lie.
inline constexpr const char* kChartFolder = "charts";

/// A row's address stays the same when others are added.
const std::deque<ReportFormat>& report_formats();

/// A row more, for a program that links these rooms and brings a format of its own: before the command line
/// is read, from one thread. A new format of this program is a row in report.cpp, a new export one in
/// exports/formats.cpp. Throws Error{kUsage} where the name is taken.
void add_report_format(ReportFormat format);
void add_export(const ExportFormat& format);

/// Null when there is no such format.
const ReportFormat* find_report_format(const std::string& name);

/// In the order of the table.
std::vector<std::string> format_names(FormatKind kind);

/// The files of all these formats, each path once, in the order of the formats.
std::vector<OutputFile> report_files(const Run& run, const std::vector<const ReportFormat*>& formats,
                                     ReportOptions options, Drawings& drawings);

}  // namespace bench
