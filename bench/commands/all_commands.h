#pragma once

#include "bench/commands/command.h"

namespace bench {

void add_run(CLI::App& app, CommandContext& context);
void add_prepare(CLI::App& app, CommandContext& context);
void add_report(CLI::App& app, CommandContext& context);
void add_list(CLI::App& app, CommandContext& context);
void add_doctor(CLI::App& app, CommandContext& context);
void add_clean(CLI::App& app, CommandContext& context);
void add_compare(CLI::App& app, CommandContext& context);
void add_gate(CLI::App& app, CommandContext& context);
void add_history(CLI::App& app, CommandContext& context);
void add_trend(CLI::App& app, CommandContext& context);
void add_calibrate(CLI::App& app, CommandContext& context);
void add_simulate(CLI::App& app, CommandContext& context);

}  // namespace bench
