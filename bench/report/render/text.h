#pragma once

#include <string>
#include <vector>

#include "bench/report/render/table.h"
#include "bench/report/view/document.h"

namespace bench {

/// The document for people at a terminal, without its background.
std::string console_page(const Document& document, const ReportOptions& options);

/// The document as GitHub Markdown, for a reader who was not there.
std::string markdown_page(const Document& document, const std::vector<FigureLink>& figures = {},
                          MarkdownTable layout = MarkdownTable::kCompact);

}  // namespace bench
