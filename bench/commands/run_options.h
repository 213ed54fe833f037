#pragma once

#include <CLI/CLI.hpp>

#include "bench/app/run/run_options.h"

namespace bench {

/// Adds the options to a command; what is typed is left in `options`, which outlives the parse.
void add_target_options(CLI::App& command, TargetOptions& options);
void add_run_options(CLI::App& command, RunOptions& options);

}  // namespace bench
