#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "e2e/harness.h"

namespace bench::e2e {

/// A value for a variable that is nowhere else on this host. The app of tests/fixtures/apps/wants answers
/// with 200 for this one alone.
inline constexpr const char* kCanary = "canary-5d1f it's \"$HOME\" ünï\nsecond-canary-77ab";

/// True when a part of it is in the text.
bool has_trace(const std::string& text);

/// Files that were written since `since` and hold a part of it: those of the world, of the cache, of the
/// host's engine, of logs.
std::vector<std::string> traces_of_a_run(const World& world, std::filesystem::file_time_type since);

struct Watched {
  Outcome outcome;
  std::vector<std::string> traces;  ///< processes whose command line had a part of it, at any time
};

/// Waits for the process, and looks at every process of the host meanwhile.
Watched wait_and_watch(Process& process, double limit);

}  // namespace bench::e2e
