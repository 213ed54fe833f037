#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/app/run/run_config.h"
#include "bench/app/ui.h"
#include "bench/core/run.h"

namespace bench {

/// Makes the directories of the exports and proves that files can be written there, before anything is
/// measured. Throws Error{kIo}.
void require_exportable(const std::vector<ExportTo>& exports);

/// Writes every export, each whole or not at all, whatever became of the run: a job that failed must be seen
/// too. The run must have been derived. Tries all of them, then throws Error{kIo} for the first that failed.
void write_exports(const Run& run, const std::vector<ExportTo>& exports, Ui& ui);

/// "run stored in results/x: complete, 10 of 10 rounds, 3 targets"
std::string stored_line(const Run& run, const std::filesystem::path& dir);

}  // namespace bench
