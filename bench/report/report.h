#pragma once

#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/exports/formats.h"
#include "bench/report/render/output_file.h"
#include "bench/report/view/options.h"

namespace bench {

class Drawings;

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
