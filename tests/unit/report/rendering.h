#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/render/bundle.h"
#include "bench/report/report.h"
#include "bench/report/view/document.h"
#include "support/golden.h"

namespace bench::test {

/// A name that tries to be markup in every format.
extern const std::string kHostileName;

/// All scenarios, with a target, facts, warnings and a failure that bear the hostile name.
Run hostile_full_run();

/// The run with all that follows from its samples.
Run derived(Run run);

/// A document with one of each of its parts, and its two figures.
Document small_document();
Drawings small_drawings();

/// Throws std::out_of_range where the document has none of that id.
const Section& section(const Document& document, std::string_view id);

/// The run's page at a terminal, and in Markdown without figures.
std::string console_of(const Run& run, const ReportOptions& options = {});
std::string markdown_of(const Run& run, const ReportOptions& options = {});

/// As a user's folder of results.
ReportOptions rendering_options();

/// The run's figures, drawn by nobody: each image is a small one that names its figure and format.
Drawings fake_drawings(const Run& run);

/// How often `what` is in `text`.
std::size_t occurrences(const std::string& text, const std::string& what);

/// A page whose elements are closed in the order in which they were opened, every attribute's value closed,
/// each id once. Style and script are skipped as the text that they are.
void expect_well_formed(const std::string& page);

}  // namespace bench::test
