#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/clock.h"

namespace bench {

struct CommandResult {
  int exit_code = 0;     ///< 128 + signal when it was killed
  std::string out, err;  ///< err holds the last 64 KiB only
};

struct CommandOptions {
  std::map<std::string, std::string> env;         ///< added to ours
  std::filesystem::path cwd;                      ///< empty: ours
  std::function<void(std::string_view)> on_line;  ///< each line of stderr as it comes, for progress
  bool out_as_err = false;  ///< stdout goes where stderr goes, in the order in which it was written
  std::optional<Seconds> timeout;
  Seconds grace{2.0};  ///< between SIGTERM and SIGKILL, for what has something to put away
};

/// Runs argv (no shell) in a process group of its own and waits. What of the group is left when argv ends is
/// killed: a daemon makes a session of its own. When `stop` fires or the time-out passes,
/// the whole group gets SIGTERM, then SIGKILL after the grace, and Error{kInterrupted} / Error{kTimeout} is
/// thrown. Throws kUnavailable when the program is not there. A non-zero exit is returned, not thrown.
CommandResult run_command(const std::vector<std::string>& argv, const CommandOptions& options = {},
                          std::stop_token stop = {});

/// Like run_command, but a non-zero exit throws Error{kEngine} with the command and the tail of its stderr.
std::string check_command(const std::vector<std::string>& argv, const CommandOptions& options = {},
                          std::stop_token stop = {});

/// Starts argv detached in a session of its own, stdin from /dev/null, output appended to `log`. Returns its
/// pid.
pid_t spawn_daemon(const std::vector<std::string>& argv, const std::filesystem::path& log);

/// True when `program` is found in PATH (and in /usr/sbin, /sbin).
bool have_program(const std::string& program);

}  // namespace bench
