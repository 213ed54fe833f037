#pragma once

#include <string>
#include <vector>

#include "bench/report/render/output_file.h"
#include "bench/report/view/side_by_side.h"

namespace bench {

/// The files of these formats ("md", "html", "tex", "csv"): comparison.md and so on. Throws Error{kUsage}
/// for a format that shows one run only.
std::vector<OutputFile> side_by_side_files(const std::vector<NamedRun>& runs,
                                           const std::vector<std::string>& formats);

}  // namespace bench
