#pragma once
// SQLite as the store uses it: a connection and prepared statements that close themselves and answer with
// Result. One thread at a time per connection.

#include <sqlite3.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/base/result.h"

namespace anchorscope {

class Database;

/// CRC-32 of a row's values in the order of its columns, as SCHEMA.md writes them down.
class RowChecksum {
 public:
  void addNull();
  void add(std::int64_t value);
  void add(double value);  ///< NaN counts as NULL and -0 as 0: SQLite stores them so.
  void addText(std::string_view text) { addBytes('t', text); }
  void addBlob(std::string_view bytes) { addBytes('b', bytes); }
  std::int64_t value() const { return sum_; }

 private:
  void addBytes(char tag, std::string_view bytes);
  std::uint32_t sum_ = 0;
};

/// A prepared statement. Bind (parameters count from 1), then run() or next(); binding again after reset().
class Statement {
 public:
  Statement() = default;

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, int value) { return bind(parameter, std::int64_t{value}); }
  Statement& bind(int parameter, double value);  ///< NaN is stored as NULL: SQLite has no NaN.
  Statement& bind(int parameter, std::string_view text);
  Statement& bindNull(int parameter);
  Statement& bindBlob(int parameter,
                      std::string_view bytes);  ///< The bytes must live until run() or reset().

  /// Executes a statement without rows and resets it.
  Status run();
  /// run() of an INSERT whose parameters are the table's columns in their order, each bound in this order but
  /// the last, which gets the row's checksum.
  Status runWithChecksum();
  /// Moves to the next row; false at the end. Reset before the next use.
  Result<bool> next();
  void reset();

  bool isNull(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;  ///< NULL reads as NaN.
  std::string text(int column) const;
  std::string_view blob(int column) const;  ///< Valid until the next step or reset.
  /// Whether the last column is the checksum of those before it, which must be all of the table's in their
  /// order; also when it is NULL (rows of version 1 have none).
  bool checksumHolds() const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Error failure() const;
  bool isNext(int parameter) { return parameter == boundCount_ + 1 && ++boundCount_ > 0; }
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  Database* database_ = nullptr;
  int bindCode_ = SQLITE_OK;
  RowChecksum bound_;  // of the parameters 1 to boundCount_
  int boundCount_ = 0;
};

/// Resets a statement at the end of a scope, so that it never keeps a read transaction open.
class StatementReset {
 public:
  explicit StatementReset(Statement& statement) : statement_(statement) {}
  ~StatementReset() { statement_.reset(); }
  StatementReset(const StatementReset&) = delete;
  StatementReset& operator=(const StatementReset&) = delete;

 private:
  Statement& statement_;
};

class Database {
 public:
  /// `flags`: SQLITE_OPEN_*. Nothing is read yet: a damaged file shows at the first statement.
  static Result<std::unique_ptr<Database>> open(const std::string& path, int flags);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }
  Status execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  /// The single integer a query gives.
  Result<std::int64_t> integer(std::string_view sql);
  /// An id that no row of `table` (with a column id) has, or had if it is AUTOINCREMENT; the following ones
  /// are free too.
  Result<std::int64_t> nextId(const std::string& table);
  /// The last failure as an Error: damaged files are kBadData, everything else kIo.
  Error failure() const;

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  sqlite3* handle_;
  std::string path_;
};

/// Runs `body` in one transaction; rolls back when it fails.
template <typename Body>
Status inTransaction(Database& database, const char* begin, Body body) {
  ANCHORSCOPE_TRY(database.execute(begin));
  Status status = body();
  if (status) status = database.execute("COMMIT");
  if (!status) static_cast<void>(database.execute("ROLLBACK").ok());  // the first failure is the one to tell
  return status;
}

/// The rows of a query, until there are no more, or `take` gives false where it gives anything.
template <typename Take>
Status forEachRow(Database& database, std::string_view sql, Take take,
                  std::initializer_list<std::int64_t> parameters = {}) {
  Result<Statement> statement = database.prepare(sql);
  if (!statement) return std::move(statement).error();
  int place = 0;
  for (const std::int64_t parameter : parameters)
    statement->bind(++place, parameter);
  while (true) {
    const Result<bool> row = statement->next();
    if (!row) return row.error();
    if (!*row) return {};
    if constexpr (std::is_void_v<decltype(take(*statement))>)
      take(*statement);
    else if (!take(*statement))
      return {};
  }
}

}  // namespace anchorscope
