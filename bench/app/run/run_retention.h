#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What is kept of the runs in one results directory. A run stays while any of the rules given for it holds;
/// without a rule everything stays.
struct Retention {
  std::optional<int> raw_runs, raw_days;  ///< what can be had again from run.json: samples.*, charts/
  std::optional<int> runs, days;          ///< the whole run

  [[nodiscard]] bool given() const { return raw_runs || raw_days || runs || days; }
};

/// What was removed, in words: "results/a: samples.jsonl, charts", "results/b".
struct Pruned {
  std::vector<std::string> removed;
  std::vector<std::string> problems;  ///< what could not be removed, and why
};

/// Applies `rules` to those runs in `results` that count as of the host of `current` (counts_as in
/// bench/history/hosts.h): another host's runs are neither removed nor counted. Only a directory directly in
/// it that is no link, whose run.json carries our schema, and which is not `current` counts as a run; one
/// that holds a file named `keep` is never touched. Of a run only the files that bench writes are removed,
/// its directory only when nothing else is left in it. The age is that of the run's start, by its own record;
/// `now` is Unix time.
Pruned prune(const std::filesystem::path& results, const std::filesystem::path& current,
             const Retention& rules, std::int64_t now);

}  // namespace bench
