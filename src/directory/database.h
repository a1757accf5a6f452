// directory/database.h: a thin layer over SQLite.
//
// What:    Database opens a file with our pragmas; Statement binds, steps and reads columns;
//          run_sql and for_each_row do the usual in one call.
// In/Out:  SQL with ? parameters and values → rows; text columns as std::string.
// Errors:  busy, no_space, corrupt, denied, exists (a constraint), io; with SQLite's words.
// Limits:  waits busy_timeout_ms for another writer. Blocks: pool threads and the CLI only.
//          The file is readable by its owner alone, or by one group besides.
// Not here: our tables (store.h).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace directory {

inline constexpr int busy_timeout_ms = 5'000;

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Parameters in order; the text is copied.
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  // Nothing is NULL.
  Statement& bind_or_null(const std::optional<std::string>& text);
  Statement& bind_or_null(std::optional<std::int64_t> number);

  // true: there is a row; false: the end.
  [[nodiscard]] base::Result<bool> step();
  // For statements without rows.
  [[nodiscard]] base::Result<> run();

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  // Nothing for NULL.
  [[nodiscard]] std::optional<std::int64_t> number_or_null(int column) const;
  [[nodiscard]] std::optional<std::string> text_or_null(int column) const;

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

class Database {
 public:
  // Made when missing. WAL mode, synchronous=FULL, foreign keys on. With a group, its members may
  // read the file (mode 0640), also while no Stagepost runs; without one it is the owner's (0600).
  [[nodiscard]] static base::Result<std::unique_ptr<Database>> open(const std::string& path,
                                                                    const std::string& group = {});
  // Must exist; nothing is written, neither to it nor beside it.
  [[nodiscard]] static base::Result<std::unique_ptr<Database>> open_to_read(
      const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  [[nodiscard]] base::Result<> execute(const std::string& sql);
  [[nodiscard]] base::Result<Statement> prepare(std::string_view sql);
  // The first column of the first row; 0 when there is none.
  [[nodiscard]] base::Result<std::int64_t> number(std::string_view sql);
  // Rows changed through this connection since it was opened, and by the last statement.
  [[nodiscard]] std::uint64_t total_changes() const;
  [[nodiscard]] std::uint64_t last_changes() const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
};

// A statement without rows.
[[nodiscard]] base::Result<> run_sql(Database& database, std::string_view sql,
                                     std::initializer_list<std::string_view> values = {});
// Calls `use` with each row of a query.
[[nodiscard]] base::Result<> for_each_row(Database& database, std::string_view sql,
                                          std::initializer_list<std::string_view> values,
                                          const std::function<void(const Statement&)>& use);

// The number that such a query gives.
[[nodiscard]] base::Result<std::size_t> count_rows(Database& database, std::string_view sql,
                                                   std::initializer_list<std::string_view> values);

// Rolls back unless commit() was called. `immediate` takes the write lock at once.
class Transaction {
 public:
  [[nodiscard]] static base::Result<Transaction> begin(Database& database, bool immediate);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  [[nodiscard]] base::Result<> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace directory
