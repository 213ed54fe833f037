#include "bench/report/report.h"

#include <algorithm>

namespace bench {

const std::vector<ReportFormat>& report_formats() {
  static const std::vector<ReportFormat> formats = {
      {"console", "", "for people at a terminal", console_report},
      {"md", "report.md", "GitHub Markdown, to send to somebody", markdown_report},
      {"csv", "samples.csv", "every sample, one per row", samples_csv},
  };
  return formats;
}

const ReportFormat* find_report_format(const std::string& name) {
  const auto& formats = report_formats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const ReportFormat& format) { return format.name == name; });
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace bench
