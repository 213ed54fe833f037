#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/history/hosts.h"

namespace bench {

/// A figure of a stored run: the median of a metric of a target, or the ratio of two targets' medians.
struct FigureRow {
  std::string scenario, metric, target;
  std::string against;      ///< of a ratio: the target that is divided by; else empty
  Unit unit = Unit::kNone;  ///< of a ratio: that of the two sides
  std::string conditions;   ///< digest: figures with another one are another history
  int n = 0;
  double value = 0;
  std::optional<Interval> ci95;
  double resolution = 0;
  bool usable = false;  ///< fit to be a baseline: the run is complete, at most one trial in ten failed, a
                        ///< slope is not 0
};

/// What the index keeps of a run file.
struct RunRow {
  std::string path;   ///< directory, relative to the history
  std::string error;  ///< why it could not be read; all that follows is then empty
  std::string run_id, started_at;
  RunStatus status = RunStatus::kFailed;
  std::vector<std::string> scenarios, targets;
  int rounds = 0;
  int failures = 0;
  RunHost host;
  std::vector<FigureRow> figures;
};

/// The figures of a run. Stored summaries and comparisons are taken as they are; where there are none they
/// are derived first.
std::vector<FigureRow> figures_of(Run run);

/// Reads the run in `directory`. What cannot be read is a row with an error of one line, never an exception.
RunRow read_run_row(const std::filesystem::path& directory, const std::string& path);

}  // namespace bench
