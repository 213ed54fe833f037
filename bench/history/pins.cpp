#include "bench/history/pins.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/core/run_json.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr const char* kFile = "pins.json";

}  // namespace

std::map<std::string, std::string> load_pins(const fs::path& history) {
  const std::optional<std::string> text = file_bytes(history / kFile);
  if (!text) return {};
  try {
    return nlohmann::json::parse(*text).get<std::map<std::string, std::string>>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", (history / kFile).string(), error.what()),
                "repair or delete it, and name the baselines again with bench history --pin NAME=RUN");
  }
}

void pin(const fs::path& history, const std::string& name, const fs::path& run) {
  if (name.empty() || name.find('/') != std::string::npos || name.front() == '.') {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' cannot be the name of a baseline", name),
                "take a plain word: --pin release-1=results/20260131T120000Z-startup");
  }
  load_run(run);  // a run it must be
  std::map<std::string, std::string> pins = load_pins(history);
  const fs::path directory = fs::weakly_canonical(fs::is_directory(run) ? run : run.parent_path());
  const fs::path inside = directory.lexically_relative(fs::weakly_canonical(history));
  pins[name] = (inside.empty() || inside.begin()->string() == ".." ? directory : inside).string();
  write_file_atomically(history / kFile, nlohmann::json(pins).dump(2) + "\n");
}

std::vector<PinnedRun> pinned_runs(const fs::path& history, std::vector<std::string>& problems) {
  std::vector<PinnedRun> pinned;
  for (const auto& [name, stored] : load_pins(history)) {
    try {
      pinned.push_back(
          {name, load_run(fs::path(stored).is_absolute() ? fs::path(stored) : history / stored)});
    } catch (const Error& error) {
      problems.push_back(fmt::format("the pin {} is left out: {}", name, error.what()));
    }
  }
  std::stable_sort(pinned.begin(), pinned.end(), [](const PinnedRun& a, const PinnedRun& b) {
    return a.run.started_at > b.run.started_at;
  });
  return pinned;
}

fs::path find_baseline(const fs::path& history, const std::string& word) {
  const auto pins = load_pins(history);
  if (const auto found = pins.find(word); found != pins.end()) {
    const fs::path stored = found->second;
    return stored.is_absolute() ? stored : history / stored;
  }
  std::error_code ignored;
  if (fs::exists(word, ignored)) return word;
  throw Error(ErrorCode::kUsage, fmt::format("no baseline '{}': neither a pinned name nor a run", word),
              "name one with bench history --pin NAME=RUN, or give the directory of a run");
}

}  // namespace bench
