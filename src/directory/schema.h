// directory/schema.h: the tables of directory.db and how older ones are brought up to date.
//
// What:    one step of SQL for each version of the format; PRAGMA user_version says which it has.
// In/Out:  Database → the same with tables of schema_version.
// Errors:  unsupported for a database that a newer Stagepost has changed; SQLite's.
// Limits:  all steps in one transaction: a crash leaves the old version.
// Not here: what is written into them (store.h).
#pragma once

#include <cstdint>

#include "directory/database.h"
#include "lib/base/result.h"

namespace directory {

inline constexpr std::int64_t schema_version = 3;

[[nodiscard]] base::Result<> make_tables(Database& database);

}  // namespace directory
