#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/history/rows.h"

namespace bench {

/// Which line through time: a metric of a target, or a ratio of two, under one set of conditions.
struct SeriesKey {
  std::string scenario, metric, target, against;
  Unit unit = Unit::kNone;
  std::string conditions;
  bool operator==(const SeriesKey&) const = default;
};

/// One run's place on such a line.
struct SeriesPoint {
  std::string path, run_id, started_at;
  int n = 0;
  double value = 0;
  std::optional<Interval> ci95;
  bool usable = false;
};

/// The runs of one host, or those that do not say which of the same kind of machine.
struct HostRuns {
  RunHost host;
  std::size_t runs = 0;
};

/// The runs in the directories right below `directory`. The run files are the truth; an index of them
/// (SQLite, on a disk of this host: index_place.h) is brought up to date when a History is opened, and made
/// anew when it is missing or damaged. Where no index can be written (read-only, full) one is made in memory.
/// Runs are in the order of `started_at`, then run id: a clock that was set back loses nothing. All runs
/// answer, whichever host's, until `choose` has been called.
class History {
 public:
  /// Throws Error{kIo} when `directory` is not there. `progress` is told how many of how many files are read,
  /// when there are many.
  explicit History(const std::filesystem::path& directory,
                   const std::function<void(std::size_t done, std::size_t of)>& progress = {});
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) = delete;

  /// One line each: files that cannot be read (they are left out), an index that could not be kept.
  [[nodiscard]] const std::vector<std::string>& problems() const;

  /// The hosts whose runs are there, the one with the latest run first; whatever is chosen.
  [[nodiscard]] std::vector<HostRuns> hosts() const;
  /// From now on only runs that count as one of these hosts' answer (counts_as in hosts.h).
  void choose(const std::vector<RunHost>& hosts);

  /// The latest `last` runs, oldest first; 0: all.
  [[nodiscard]] std::vector<RunRow> runs(std::size_t last) const;
  [[nodiscard]] std::size_t count() const;

  /// Every line of a metric, those with the latest run first.
  [[nodiscard]] std::vector<SeriesKey> series(const std::string& metric) const;
  /// The metrics that there are, by name.
  [[nodiscard]] std::vector<std::string> metrics() const;

  /// The latest `last` points of a line, oldest first; 0: all.
  [[nodiscard]] std::vector<SeriesPoint> points(const SeriesKey& key, std::size_t last) const;
  /// Those that are fit to be a baseline and earlier than (`started_at`, `run_id`) where one is given.
  struct Before {
    std::string started_at, run_id;
  };
  [[nodiscard]] std::vector<SeriesPoint> baseline(const SeriesKey& key, std::size_t last,
                                                  const std::optional<Before>& before) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bench
