#include "bench/history/index.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <future>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "bench/base/error.h"
#include "bench/history/index_place.h"
#include "bench/history/rows.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBatch = 256;

constexpr const char* kTables = R"(
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, modified INTEGER NOT NULL, size INTEGER NOT NULL,
  error TEXT NOT NULL, run_id TEXT NOT NULL, started_at TEXT NOT NULL, status TEXT NOT NULL,
  scenarios TEXT NOT NULL, targets TEXT NOT NULL, rounds INTEGER NOT NULL, failures INTEGER NOT NULL,
  host TEXT NOT NULL, host_name TEXT NOT NULL, machine TEXT NOT NULL);
CREATE INDEX runs_by_time ON runs(started_at, run_id);
CREATE TABLE series(
  id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, metric TEXT NOT NULL, target TEXT NOT NULL,
  against TEXT NOT NULL, unit TEXT NOT NULL, conditions TEXT NOT NULL,
  UNIQUE(metric, target, against, conditions, scenario, unit));
CREATE TABLE points(
  series INTEGER NOT NULL, started_at TEXT NOT NULL, run_id TEXT NOT NULL, run INTEGER NOT NULL,
  n INTEGER NOT NULL, value REAL NOT NULL, low REAL, high REAL, usable INTEGER NOT NULL,
  PRIMARY KEY(series, started_at, run_id, run)) WITHOUT ROWID;
CREATE INDEX points_of_run ON points(run);
)";

struct Stamp {
  std::int64_t modified = 0;  ///< nanoseconds
  std::int64_t size = 0;
  bool operator==(const Stamp&) const = default;
};

std::optional<Stamp> stamp_of(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return Stamp{static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec,
               static_cast<std::int64_t>(info.st_size)};
}

using Stamps = std::unordered_map<std::string, Stamp>;

/// The runs that are there: run.json, or the checkpoint of a run that was killed.
Stamps runs_below(const fs::path& directory) {
  Stamps found;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with('.')) continue;
    auto stamp = stamp_of(at->path() / "run.json");
    if (!stamp) stamp = stamp_of(at->path() / "samples.jsonl");
    if (stamp) found.emplace(name, *stamp);
  }
  if (error) {
    throw Error(ErrorCode::kIo, fmt::format("{}: {}", directory.string(), error.message()),
                "name the directory that holds the runs with --history DIR");
  }
  return found;
}

class Writer {
 public:
  explicit Writer(Database& database)
      : database_(database),
        run_(database.prepare("INSERT INTO runs(path, modified, size, error, run_id, started_at, status, "
                              "scenarios, targets, rounds, failures, host, host_name, machine) "
                              "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)")),
        series_(database.prepare("INSERT INTO series(scenario, metric, target, against, unit, conditions) "
                                 "VALUES(?,?,?,?,?,?)")),
        point_(database.prepare("INSERT OR REPLACE INTO points VALUES(?,?,?,?,?,?,?,?,?)")),
        forget_points_(
            database.prepare("DELETE FROM points WHERE run = (SELECT id FROM runs WHERE path = ?)")),
        forget_run_(database.prepare("DELETE FROM runs WHERE path = ?")) {
    Statement known =
        database.prepare("SELECT id, scenario, metric, target, against, unit, conditions FROM series");
    while (known.step()) {
      ids_[key(known.text(1), known.text(2), known.text(3), known.text(4), known.text(5), known.text(6))] =
          known.integer(0);
    }
  }

  void forget(const std::string& path) {
    forget_points_.bind(1, path).run();
    forget_run_.bind(1, path).run();
  }

  void add(const RunRow& row, const Stamp& stamp) {
    run_.bind(1, row.path).bind(2, stamp.modified).bind(3, stamp.size).bind(4, row.error);
    run_.bind(5, row.run_id).bind(6, row.started_at).bind(7, to_text(row.status));
    run_.bind(8, fmt::format("{}", fmt::join(row.scenarios, ",")));
    run_.bind(9, fmt::format("{}", fmt::join(row.targets, ",")));
    run_.bind(10, row.rounds).bind(11, row.failures);
    run_.bind(12, row.host.id).bind(13, row.host.name).bind(14, row.host.machine).run();
    const std::int64_t id = database_.last_row();
    for (const FigureRow& figure : row.figures) {
      std::optional<double> low, high;
      if (figure.ci95) low = figure.ci95->low, high = figure.ci95->high;
      point_.bind(1, series_id(figure)).bind(2, row.started_at).bind(3, row.run_id).bind(4, id);
      point_.bind(5, figure.n).bind(6, figure.value).bind(7, low).bind(8, high);
      point_.bind(9, figure.usable ? 1 : 0).run();
    }
  }

 private:
  static std::string key(const std::string& scenario, const std::string& metric, const std::string& target,
                         const std::string& against, const std::string& unit, const std::string& conditions) {
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", scenario, metric, target, against, unit, conditions);
  }

  std::int64_t series_id(const FigureRow& figure) {
    const std::string name = key(figure.scenario, figure.metric, figure.target, figure.against,
                                 to_text(figure.unit), figure.conditions);
    if (const auto found = ids_.find(name); found != ids_.end()) return found->second;
    series_.bind(1, figure.scenario).bind(2, figure.metric).bind(3, figure.target).bind(4, figure.against);
    series_.bind(5, to_text(figure.unit)).bind(6, figure.conditions).run();
    return ids_[name] = database_.last_row();
  }

  Database& database_;
  Statement run_, series_, point_, forget_points_, forget_run_;
  std::unordered_map<std::string, std::int64_t> ids_;
};

/// Files are read on every processor; the index is written by one.
std::vector<RunRow> read_rows(const fs::path& directory, const std::vector<std::string>& names) {
  const std::size_t workers =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, std::max<std::size_t>(names.size(), 1));
  std::vector<RunRow> rows(names.size());
  std::vector<std::future<void>> parts;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    parts.push_back(std::async(workers == 1 ? std::launch::deferred : std::launch::async, [&, worker] {
      for (std::size_t i = worker; i < names.size(); i += workers) {
        rows[i] = read_run_row(directory / names[i], names[i]);
      }
    }));
  }
  for (std::future<void>& part : parts) part.get();
  return rows;
}

void refresh(Database& database, const fs::path& directory, const IndexProgress& progress) {
  const Stamps there = runs_below(directory);
  std::vector<std::string> gone, changed;
  std::unordered_set<std::string> known;
  {
    Statement stored = database.prepare("SELECT path, modified, size FROM runs");
    while (stored.step()) {
      const std::string path = stored.text(0);
      const auto found = there.find(path);
      if (found == there.end() || found->second != Stamp{stored.integer(1), stored.integer(2)}) {
        gone.push_back(path);
      } else {
        known.insert(path);
      }
    }
  }
  for (const auto& [path, stamp] : there) {
    if (!known.contains(path)) changed.push_back(path);
  }
  if (gone.empty() && changed.empty()) return;
  std::sort(changed.begin(), changed.end());
  Writer writer(database);
  database.execute("BEGIN IMMEDIATE");
  for (const std::string& path : gone) writer.forget(path);
  database.execute("COMMIT");
  for (std::size_t begin = 0; begin < changed.size(); begin += kBatch) {
    if (progress && changed.size() > kBatch) progress(begin, changed.size());
    const std::size_t end = std::min(begin + kBatch, changed.size());
    const std::vector<std::string> names(changed.begin() + static_cast<std::ptrdiff_t>(begin),
                                         changed.begin() + static_cast<std::ptrdiff_t>(end));
    const std::vector<RunRow> rows = read_rows(directory, names);
    database.execute("BEGIN IMMEDIATE");  // whole batches: who is killed in between leaves a shorter index
    for (const RunRow& row : rows) writer.add(row, there.at(row.path));
    database.execute("COMMIT");
  }
}

int version_of(Database& database) {
  Statement version = database.prepare("PRAGMA user_version");
  return version.step() ? static_cast<int>(version.integer(0)) : 0;
}

void make_tables(Database& database) {
  database.execute(
      fmt::format("BEGIN IMMEDIATE;{}PRAGMA user_version = {};COMMIT", kTables, index_version()));
}

/// The index on disk, made where it is missing or half made. Throws DatabaseError.
Database index_on_disk(const fs::path& file) {
  std::error_code ignored;
  const bool is_new = !fs::exists(file, ignored);
  std::optional<Database> database(std::in_place, file);
  if (!is_new && version_of(*database) != index_version()) {
    database.reset();
    remove_database(file);
    database.emplace(file);
  }
  database->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  if (version_of(*database) != index_version()) make_tables(*database);
  return *std::move(database);
}

/// Later changes by others are not seen any more: one question, one answer.
void hold(Database& database) {
  database.execute("BEGIN");
  database.prepare("SELECT count(*) FROM runs").step();
}

Database index_in_memory(const fs::path& directory, const IndexProgress& progress) {
  Database database(":memory:");
  make_tables(database);
  refresh(database, directory, progress);
  return database;
}

/// SQLite knows of a full disk only when it writes to the file itself; beside it, it is an "I/O error".
std::string why_not_kept(const fs::path& directory, const DatabaseError& error) {
  constexpr std::uintmax_t kRoom = 64UL << 10;  // for the files beside the index
  std::error_code failed;
  const fs::space_info space = fs::space(directory, failed);
  return !failed && space.available < kRoom ? "the disk is full" : error.what();
}

std::optional<Database> kept_index(const fs::path& directory, const IndexProgress& progress,
                                   std::vector<std::string>& problems) {
  const auto place = index_place(directory);
  if (!place) {
    problems.push_back(fmt::format(
        "{}: the index cannot be kept (no place on a disk of this host: BENCH_STATE_DIR names one); it was "
        "made in memory, which takes longer",
        directory.string()));
    return std::nullopt;
  }
  const fs::path& file = place->database;
  const IndexLock lock(place->lock);
  forget_old_indexes(file.parent_path());
  for (const bool again : {false, true}) {
    try {
      Database database = index_on_disk(file);
      refresh(database, directory, progress);
      hold(database);
      return database;
    } catch (const DatabaseError& error) {
      if (again || !error.corrupt()) {
        problems.push_back(
            fmt::format("{}: the index cannot be kept ({}); it was made in memory, which takes longer",
                        file.string(), why_not_kept(file.parent_path(), error)));
        return std::nullopt;
      }
      remove_database(file);
      problems.push_back(
          fmt::format("{}: the index was damaged ({}) and is made anew", file.string(), error.what()));
    }
  }
  return std::nullopt;
}

}  // namespace

Database open_index(const fs::path& directory, const IndexProgress& progress,
                    std::vector<std::string>& problems) {
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    throw Error(ErrorCode::kIo, fmt::format("{}: there is no such directory", directory.string()),
                "name the directory that holds the runs with --history DIR");
  }
  remove_former_index(directory);
  std::optional<Database> kept = kept_index(directory, progress, problems);
  Database database = kept ? *std::move(kept) : index_in_memory(directory, progress);
  Statement bad = database.prepare("SELECT path, error FROM runs WHERE error <> '' ORDER BY path");
  while (bad.step()) {
    problems.push_back(fmt::format("{}: left out: {}", (directory / bad.text(0)).string(), bad.text(1)));
  }
  return database;
}

void discard_index(const fs::path& directory) {
  const auto place = index_place(directory);
  if (!place) return;
  const IndexLock lock(place->lock);
  remove_database(place->database);
}

}  // namespace bench
