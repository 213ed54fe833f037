#pragma once

#include <string>

#include "bench/report/view/document.h"

namespace bench {

/// For people at a terminal: headline, tables, phases, verdicts, failures, warnings.
std::string console_report(const Run& run, const ReportOptions& options);

/// The same as GitHub Markdown, for a reader who was not there.
std::string markdown_report(const Run& run, const ReportOptions& options);

/// A document as Markdown whose tables are aligned, so that it can be read at a terminal too.
std::string markdown_page(const Document& document);

}  // namespace bench
