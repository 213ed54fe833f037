#include "bench/report/render/side_by_side.h"

#include <fmt/format.h>

#include "bench/base/error.h"
#include "bench/report/render/csv.h"
#include "bench/report/render/html.h"
#include "bench/report/render/latex.h"
#include "bench/report/render/text.h"

namespace bench {

std::vector<OutputFile> side_by_side_files(const std::vector<NamedRun>& runs,
                                           const std::vector<std::string>& formats) {
  const Document document = side_by_side(runs);
  Drawings no_figures;
  std::vector<OutputFile> files;
  for (const std::string& format : formats) {
    if (format == "md" || format == "console") {
      files.push_back(
          {format == "md" ? "comparison.md" : "", markdown_page(document, {}, MarkdownTable::kAligned)});
    } else if (format == "html") {
      files.push_back({"comparison.html", html_page(document, no_figures, {})});
    } else if (format == "tex") {
      files.push_back({"comparison.tex", latex_fragment(document, no_figures)});
    } else if (format == "csv") {
      files.push_back({"comparison.csv", side_by_side_csv(runs)});
    } else {
      throw Error(ErrorCode::kUsage,
                  fmt::format("charts ({}) are of one run; {} were named", format, runs.size()),
                  "report each run by itself for its charts, or choose console, md, html, csv, tex");
    }
  }
  return files;
}

}  // namespace bench
