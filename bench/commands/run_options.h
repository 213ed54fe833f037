#pragma once

#include <CLI/CLI.hpp>

#include "bench/app/run/run_options.h"

namespace bench {

/// Adds the options to a command; what is typed is left in `options`, which outlives the parse.
/// Those that say which app or image: --app, --base, --image and what belongs to it.
void add_image_options(CLI::App& command, TargetOptions& options);
void add_target_options(CLI::App& command, TargetOptions& options);
void add_run_options(CLI::App& command, RunOptions& options);

}  // namespace bench
