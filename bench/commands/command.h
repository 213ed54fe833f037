#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/app/context.h"

namespace bench {

/// One row per command. Adding one is one file and one row (bench/commands/table.cpp).
struct CommandRow {
  std::string name;
  /// Adds the subcommand, its options and its callback to `app`. The context outlives the parse.
  void (*add)(CLI::App& app, CommandContext& context) = nullptr;
};

const std::vector<CommandRow>& command_table();

}  // namespace bench
