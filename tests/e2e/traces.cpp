#include "e2e/traces.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTraces{"canary-5d1f", "canary-77ab"};

/// Files below `root` that were written since `since` and hold a part of the value.
std::vector<std::string> traces_below(const fs::path& root, fs::file_time_type since) {
  std::vector<std::string> found;
  std::error_code error;
  for (auto entry =
           fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, error);
       entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (entry->is_symlink(gone) || !entry->is_regular_file(gone) || entry->last_write_time(gone) < since)
      continue;
    if (has_trace(file_text(entry->path()))) found.push_back(entry->path());
  }
  return found;
}

/// Processes whose command lines hold a part of the value.
std::vector<std::string> traces_in_processes() {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    if (has_trace(file_text(entry.path() / "cmdline"))) found.push_back(entry.path());
  }
  return found;
}

}  // namespace

bool has_trace(const std::string& text) {
  return std::any_of(kTraces.begin(), kTraces.end(),
                     [&](const std::string& trace) { return text.find(trace) != std::string::npos; });
}

std::vector<std::string> traces_of_a_run(const World& world, fs::file_time_type since) {
  const char* cache = std::getenv("BENCH_CACHE_DIR");
  std::vector<std::string> found;
  for (const fs::path& root :
       {world.scratch(), world.state(), fs::path(cache != nullptr ? cache : "/root/.cache/bench"),
        fs::path("/var/lib/docker"), fs::path("/var/log"), fs::path("/var/lib/bench")}) {
    for (std::string& file : traces_below(root, since)) found.push_back(std::move(file));
  }
  return found;
}

Watched wait_and_watch(Process& process, double limit) {
  Watched watched;
  std::atomic<bool> ended = false;
  std::thread watcher([&] {
    while (!ended && watched.traces.empty()) {
      watched.traces = traces_in_processes();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  watched.outcome = process.wait(limit);
  ended = true;
  watcher.join();
  return watched;
}

}  // namespace bench::e2e
