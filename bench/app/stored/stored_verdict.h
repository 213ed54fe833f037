#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/report/exports/formats.h"

namespace bench {

/// What `bench gate` has left in a run's directory (verdict.json), for the exports; empty where there is
/// none. Throws Error{kCorrupt} when it cannot be understood or is of another run.
std::vector<MetricVerdict> stored_verdicts(const std::filesystem::path& dir, const std::string& run_id);

}  // namespace bench
