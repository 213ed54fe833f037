#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "bench/app/ui.h"

namespace bench {

/// The exit codes that scripts rely on.
namespace exit_code {
inline constexpr int kOk = 0;
inline constexpr int kRegression = 1;
inline constexpr int kUsage = 2;
inline constexpr int kCouldNotMeasure = 3;
inline constexpr int kInconclusive = 4;
inline constexpr int kNeedsRoot = 10;  ///< the answer to --needs-root, which only scripts/bench asks
inline constexpr int kInterrupted = 130;
}  // namespace exit_code

/// What every command is given.
struct CommandContext {
  std::vector<std::string> argv;  ///< as typed, for the stored run
  std::stop_token stop;
  Ui ui;
  bool asks_root_need = false;     ///< only answer whether root would be needed, and do nothing
  int exit_code = exit_code::kOk;  ///< what the command's callback leaves
};

}  // namespace bench
