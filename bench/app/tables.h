#pragma once

#include <string>

#include "bench/report/view/view.h"

namespace bench {

/// A table for a terminal: columns aligned by width, two spaces before each.
std::string console_table(const TextTable& table);

/// The same as GitHub Markdown.
std::string markdown_table(const TextTable& table);

}  // namespace bench
