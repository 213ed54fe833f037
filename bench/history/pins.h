#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

// Named baselines of a history: pins.json beside the runs, {"NAME": "directory of the run"}.

std::map<std::string, std::string> load_pins(const std::filesystem::path& history);

/// Names a run of the history, replacing what had the name. `run` is the run's directory, below the history
/// or anywhere. Throws Error{kUsage} for a name that looks like a path, Error{kIo}.
void pin(const std::filesystem::path& history, const std::string& name, const std::filesystem::path& run);

/// The run that a word names: a pinned name, else a path. Throws Error{kUsage} when it is neither.
std::filesystem::path find_baseline(const std::filesystem::path& history, const std::string& word);

struct PinnedRun {
  std::string name;
  Run run;
};

/// The pinned runs, the newest first. `problems` receives a line for each that cannot be read.
std::vector<PinnedRun> pinned_runs(const std::filesystem::path& history, std::vector<std::string>& problems);

}  // namespace bench
