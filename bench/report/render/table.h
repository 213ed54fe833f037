#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "bench/report/view/view.h"

namespace bench {

// A table in every format: this is the one place that lays out rows and columns.

/// For a terminal: the header, then the rows, two spaces before each column. Where the table is wider than
/// `width` columns, the widest columns give way.
std::vector<std::string> console_rows(const TextTable& table,
                                      std::size_t width = std::numeric_limits<std::size_t>::max());
/// The same with the title above and the notes below.
std::string console_table(const TextTable& table);

enum class MarkdownTable {
  kCompact,
  kAligned,  ///< can be read at a terminal too
};
/// As GitHub Markdown, with the notes below and without the title.
std::string markdown_table(const TextTable& table, MarkdownTable layout = MarkdownTable::kCompact);

/// `name`: of a table that has no title. `sortable`: the rows' order says nothing.
std::string html_table(const TextTable& table, const std::string& name, bool sortable);

/// A float that is never wider than the text, with the notes in its caption. `name` as above.
std::string latex_table(const TextTable& table, const std::string& name, const std::string& label);
/// A caption: sentences one after the other, each with one full stop. Not escaped yet.
std::string latex_caption(const std::string& first, const std::vector<std::string>& more);

/// For formats that are narrow: the reasons leave their column, the last one, and each is said once below.
TextTable with_reasons_below(TextTable table);

}  // namespace bench
