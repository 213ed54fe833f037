#pragma once

#include <filesystem>

#include "bench/app/ui.h"
#include "bench/core/run.h"
#include "bench/history/history.h"

namespace bench {

/// A stored run with everything that is derived from its samples.
Run load_derived(const std::filesystem::path& path);

/// The directory of a run that is given by it or by its run.json.
std::filesystem::path run_directory(const std::filesystem::path& path);

/// The history in `directory`; what it had to leave out is warned of, many of them as a count.
History open_history(const std::filesystem::path& directory, Ui& ui);

}  // namespace bench
