#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/app/run/run_options.h"
#include "bench/app/run/run_retention.h"

namespace bench {

/// Where an export of the run goes.
struct ExportTo {
  std::string format;
  std::filesystem::path to;  ///< the file itself
};

/// What `bench run` does: the options, those of the command line before those of the file, and what only a
/// file can say. docs/scheduled-jobs.md lists the keys.
struct RunConfig {
  std::string name;  ///< of the configuration; empty: there is none
  RunOptions options;
  Retention retention;
  std::vector<ExportTo> exports;
};

/// Reads options.config where it is given. `given` tells whether an option stands on the command line, which
/// wins. Paths in the file are relative to it. Throws Error{kUsage} with file, line and column for what is
/// not TOML, an unknown key, a wrong type or a value out of range; Error{kIo} when it cannot be read.
RunConfig run_config(const RunOptions& options, const std::function<bool(const std::string&)>& given);

/// The directory in which the runs of such a file lie. Throws as run_config does.
std::filesystem::path results_of(const std::filesystem::path& config);

/// The settings that count, as such a file.
std::string config_text(const RunConfig& config);

}  // namespace bench
