#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace bench {

/// What SQLite says; internal to this room: an index that fails is made anew or done without.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  /// The file is damaged or no database at all: delete it and begin again.
  [[nodiscard]] bool corrupt() const;

 private:
  int code_;
};

/// A prepared statement; binds from 1 on, columns from 0 on.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  Statement& bind(int at, std::string_view text);
  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, int value) { return bind(at, static_cast<std::int64_t>(value)); }
  Statement& bind(int at, double value);
  Statement& bind(int at, const std::optional<double>& value);

  /// True while there is a row.
  bool step();
  /// One that gives no rows; can be bound and run again afterwards.
  void run();

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::optional<double> optional_real(int column) const;

 private:
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int result) const;
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
};

/// A connection. Another process that writes is waited for.
class Database {
 public:
  /// Made if it is not there; ":memory:" for one that is nowhere.
  explicit Database(const std::filesystem::path& path);

  void execute(const std::string& sql);
  Statement prepare(std::string_view sql) { return {database_.get(), sql}; }
  [[nodiscard]] std::int64_t last_row() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace bench
