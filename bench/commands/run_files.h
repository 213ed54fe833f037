#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/run.h"

namespace bench {

/// Makes `dir` and proves that files can be written in it, before anything is measured. Throws Error{kIo}
/// with a remedy; takes a directory that it made away again.
void require_writable(const std::filesystem::path& dir);

/// run.json and every report format that is a file (samples.csv, report.md), each whole or not at all.
/// Returns their names. Throws Error{kIo}.
std::vector<std::string> write_run_files(const Run& run, const std::filesystem::path& dir);

/// To stdout; throws Error{kIo} when it cannot take it, but for a reader that has left.
void print_out(std::string_view text);

}  // namespace bench
