#include "bench/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "bench/base/error.h"
#include "bench/history/index.h"

namespace bench {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

/// What SQLite refuses is, to the caller, a file system that refuses. A damage that shows only now makes the
/// index anew, once.
template <typename Impl, typename Query>
auto asked(Impl& impl, Query query) {
  try {
    try {
      return query();
    } catch (const DatabaseError& error) {
      if (!error.corrupt()) throw;
      impl.make_anew(error.what());
      return query();
    }
  } catch (const DatabaseError& error) {
    throw Error(ErrorCode::kIo, fmt::format("the history's index cannot be read: {}", error.what()),
                "free some space, or set BENCH_STATE_DIR to another directory of this host");
  }
}

constexpr const char* kSeriesId =
    "(SELECT id FROM series WHERE metric = ? AND target = ? AND against = ? AND conditions = ? AND "
    "scenario = ? AND unit = ?)";

std::int64_t limit(std::size_t last) {
  return last == 0 ? -1 : static_cast<std::int64_t>(last);
}

void bind_key(Statement& statement, const SeriesKey& key) {
  statement.bind(1, key.metric).bind(2, key.target).bind(3, key.against);
  statement.bind(4, key.conditions).bind(5, key.scenario).bind(6, to_text(key.unit));
}

std::vector<SeriesPoint> read_points(Statement& statement) {
  std::vector<SeriesPoint> points;
  while (statement.step()) {
    SeriesPoint point;
    point.path = statement.text(0);
    point.run_id = statement.text(1);
    point.started_at = statement.text(2);
    point.n = static_cast<int>(statement.integer(3));
    point.value = statement.real(4);
    const auto low = statement.optional_real(5), high = statement.optional_real(6);
    if (low && high) point.ci95 = Interval{*low, *high};
    point.usable = statement.integer(7) != 0;
    points.push_back(std::move(point));
  }
  std::reverse(points.begin(), points.end());
  return points;
}

constexpr const char* kPointColumns =
    "SELECT runs.path, p.run_id, p.started_at, p.n, p.value, p.low, p.high, p.usable FROM points AS p "
    "JOIN runs ON runs.id = p.run WHERE p.run IN (SELECT run FROM chosen) AND p.series = ";
constexpr const char* kLatestFirst = " ORDER BY p.started_at DESC, p.run_id DESC, p.run DESC LIMIT ?";

}  // namespace

struct History::Impl {
  std::filesystem::path directory;
  std::optional<Database> database;
  std::vector<std::string> problems;
  std::optional<std::vector<RunHost>> hosts;  ///< absent: all

  /// The runs that answer, in a table of this connection.
  void choose() {
    database->execute("CREATE TEMP TABLE IF NOT EXISTS chosen(run INTEGER PRIMARY KEY); DELETE FROM chosen");
    if (!hosts) {
      database->execute("INSERT INTO chosen SELECT id FROM runs WHERE error = ''");
      return;
    }
    Statement add = database->prepare(
        "INSERT OR IGNORE INTO chosen SELECT id FROM runs WHERE error = '' AND "
        "CASE WHEN host <> '' THEN host = ?1 ELSE machine = ?2 AND "
        "(?1 = '' OR NOT EXISTS (SELECT 1 FROM runs WHERE host NOT IN ('', ?1))) END");
    for (const RunHost& host : *hosts) add.bind(1, host.id).bind(2, host.machine).run();
  }

  void make_anew(const std::string& why) {
    database.reset();
    problems.clear();
    discard_index(directory);
    problems.push_back(
        fmt::format("{}: the index was damaged ({}) and is made anew", directory.string(), why));
    database = open_index(directory, {}, problems);
    choose();
  }
};

History::History(const std::filesystem::path& directory,
                 const std::function<void(std::size_t, std::size_t)>& progress) {
  impl_ = std::make_unique<Impl>();
  impl_->directory = directory;
  try {
    impl_->database = open_index(directory, progress, impl_->problems);
  } catch (const DatabaseError& error) {
    throw Error(ErrorCode::kIo,
                fmt::format("{}: no index of the runs can be made: {}", directory.string(), error.what()));
  }
  asked(*impl_, [&] { impl_->choose(); });
}
History::~History() = default;
History::History(History&&) noexcept = default;

const std::vector<std::string>& History::problems() const {
  return impl_->problems;
}

std::vector<HostRuns> History::hosts() const {
  return asked(*impl_, [&] {
    // SQLite takes the columns beside a max() from the row that has it.
    Statement statement = impl_->database->prepare(
        "SELECT host, host_name, machine, count(*), max(started_at) FROM runs WHERE error = '' "
        "GROUP BY host, CASE host WHEN '' THEN machine ELSE '' END ORDER BY 5 DESC, host, machine");
    std::vector<HostRuns> found;
    while (statement.step()) {
      found.push_back({{statement.text(0), statement.text(1), statement.text(2)},
                       static_cast<std::size_t>(statement.integer(3))});
    }
    return found;
  });
}

void History::choose(const std::vector<RunHost>& hosts) {
  impl_->hosts = hosts;
  asked(*impl_, [&] { impl_->choose(); });
}

std::size_t History::count() const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare("SELECT count(*) FROM chosen");
    statement.step();
    return static_cast<std::size_t>(statement.integer(0));
  });
}

std::vector<RunRow> History::runs(std::size_t last) const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare(
        "SELECT path, run_id, started_at, status, scenarios, targets, rounds, failures, host, host_name, "
        "machine FROM runs WHERE id IN (SELECT run FROM chosen) ORDER BY started_at DESC, run_id DESC, path "
        "DESC LIMIT ?");
    statement.bind(1, limit(last));
    std::vector<RunRow> rows;
    while (statement.step()) {
      RunRow row;
      row.path = statement.text(0);
      row.run_id = statement.text(1);
      row.started_at = statement.text(2);
      row.status = from_text<RunStatus>(statement.text(3)).value_or(RunStatus::kFailed);
      row.scenarios = split(statement.text(4));
      row.targets = split(statement.text(5));
      row.rounds = static_cast<int>(statement.integer(6));
      row.failures = static_cast<int>(statement.integer(7));
      row.host = {statement.text(8), statement.text(9), statement.text(10)};
      rows.push_back(std::move(row));
    }
    std::reverse(rows.begin(), rows.end());
    return rows;
  });
}

std::vector<SeriesKey> History::series(const std::string& metric) const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare(
        "SELECT scenario, target, against, unit, conditions, "
        "(SELECT started_at FROM points WHERE points.series = series.id AND run IN (SELECT run FROM chosen) "
        "ORDER BY started_at DESC LIMIT 1) AS latest "
        "FROM series WHERE metric = ? AND latest IS NOT NULL ORDER BY latest DESC, scenario, against, "
        "target");
    statement.bind(1, metric);
    std::vector<SeriesKey> keys;
    while (statement.step()) {
      keys.push_back({statement.text(0), metric, statement.text(1), statement.text(2),
                      from_text<Unit>(statement.text(3)).value_or(Unit::kNone), statement.text(4)});
    }
    return keys;
  });
}

std::vector<std::string> History::metrics() const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare(
        "SELECT DISTINCT metric FROM series "
        "WHERE EXISTS (SELECT 1 FROM points WHERE points.series = series.id AND run IN (SELECT run FROM "
        "chosen)) ORDER BY metric");
    std::vector<std::string> names;
    while (statement.step()) names.push_back(statement.text(0));
    return names;
  });
}

std::vector<SeriesPoint> History::points(const SeriesKey& key, std::size_t last) const {
  return asked(*impl_, [&] {
    Statement statement =
        impl_->database->prepare(fmt::format("{}{}{}", kPointColumns, kSeriesId, kLatestFirst));
    bind_key(statement, key);
    statement.bind(7, limit(last));
    return read_points(statement);
  });
}

std::vector<SeriesPoint> History::baseline(const SeriesKey& key, std::size_t last,
                                           const std::optional<Before>& before) const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare(
        fmt::format("{}{} AND p.usable = 1{}{}", kPointColumns, kSeriesId,
                    before ? " AND (p.started_at, p.run_id) < (?, ?)" : "", kLatestFirst));
    bind_key(statement, key);
    int next = 7;
    if (before) {
      statement.bind(next++, before->started_at);
      statement.bind(next++, before->run_id);
    }
    statement.bind(next, limit(last));
    return read_points(statement);
  });
}

}  // namespace bench
