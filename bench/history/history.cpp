#include "bench/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "bench/core/error.h"
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
                fmt::format("delete {} in the history's directory; it is made anew", kIndexName));
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
  statement.bind(4, key.conditions).bind(5, key.scenario).bind(6, key.unit);
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
    "JOIN runs ON runs.id = p.run WHERE p.series = ";
constexpr const char* kLatestFirst = " ORDER BY p.started_at DESC, p.run_id DESC, p.run DESC LIMIT ?";

}  // namespace

struct History::Impl {
  std::filesystem::path directory;
  std::optional<Database> database;
  std::vector<std::string> problems;

  void make_anew(const std::string& why) {
    database.reset();
    problems.clear();
    discard_index(directory);
    problems.push_back(
        fmt::format("{}: the index was damaged ({}) and is made anew", directory.string(), why));
    database = open_index(directory, {}, problems);
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
}
History::~History() = default;
History::History(History&&) noexcept = default;

const std::vector<std::string>& History::problems() const {
  return impl_->problems;
}

std::size_t History::count() const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare("SELECT count(*) FROM runs WHERE error = ''");
    statement.step();
    return static_cast<std::size_t>(statement.integer(0));
  });
}

std::vector<RunRow> History::runs(std::size_t last) const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare(
        "SELECT path, run_id, started_at, status, scenarios, targets, rounds, failures FROM runs "
        "WHERE error = '' ORDER BY started_at DESC, run_id DESC, path DESC LIMIT ?");
    statement.bind(1, limit(last));
    std::vector<RunRow> rows;
    while (statement.step()) {
      RunRow row;
      row.path = statement.text(0);
      row.run_id = statement.text(1);
      row.started_at = statement.text(2);
      row.status = statement.text(3);
      row.scenarios = split(statement.text(4));
      row.targets = split(statement.text(5));
      row.rounds = static_cast<int>(statement.integer(6));
      row.failures = static_cast<int>(statement.integer(7));
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
        "(SELECT max(started_at) FROM points WHERE points.series = series.id) AS latest "
        "FROM series WHERE metric = ? AND latest IS NOT NULL ORDER BY latest DESC, scenario, against, "
        "target");
    statement.bind(1, metric);
    std::vector<SeriesKey> keys;
    while (statement.step()) {
      keys.push_back({statement.text(0), metric, statement.text(1), statement.text(2), statement.text(3),
                      statement.text(4)});
    }
    return keys;
  });
}

std::vector<std::string> History::metrics() const {
  return asked(*impl_, [&] {
    Statement statement = impl_->database->prepare(
        "SELECT DISTINCT metric FROM series "
        "WHERE EXISTS (SELECT 1 FROM points WHERE points.series = series.id) ORDER BY metric");
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
