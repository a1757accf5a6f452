// policy/state/sql_rows.h: reading and writing rows of state.db.
//
// What:    each() gives every row of a query to a function; for_each() runs a statement per value.
// In/Out:  SQL and functions → Result.
// Errors:  the database's.
// Limits:  the caller's.
// Not here: the tables (state_store.h, contact_tables.h).
#pragma once

#include <string_view>

#include "directory/database.h"

namespace policy {

// Runs `sql` and gives each row to `take`.
template <class Take>
base::Result<> each(directory::Database& database, std::string_view sql, Take take) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (;;) {
    auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    take(*statement);
  }
}

// Runs `sql` once for each of `rows`, its parameters bound by `bind`.
template <class Rows, class Bind>
base::Result<> for_each(directory::Database& database, const char* sql, const Rows& rows,
                        Bind bind) {
  for (const auto& row : rows) {
    auto statement = database.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    bind(*statement, row);
    if (auto done = statement->run(); !done) return done;
  }
  return {};
}

}  // namespace policy
