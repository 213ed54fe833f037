#pragma once

#include <stop_token>

namespace bench {

/// Parses the arguments, runs the command, and turns what goes wrong into one clear line and an exit code.
int run_command_line(int argc, char** argv, std::stop_token stop);

}  // namespace bench
