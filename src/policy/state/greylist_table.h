// policy/state/greylist_table.h: the table of state.db in which the greylist is kept.
//
// What:    who has come, as keyed hashes, and when.
// In/Out:  rows (rows.h) ↔ SQLite, for state_store.h.
// Errors:  the database's.
// Limits:  those of policy/client/greylist.h.
// Not here: what follows from it (policy/client/greylist.h), when it is written (state.h).
#pragma once

#include "directory/database.h"
#include "policy/state/rows.h"

namespace policy {

// The third version of the schema. Times are microseconds since 1970.
inline constexpr const char* greylist_table = R"sql(
CREATE TABLE greylist (hash INTEGER PRIMARY KEY, first INTEGER NOT NULL, seen INTEGER NOT NULL,
                       successes INTEGER NOT NULL);
)sql";

[[nodiscard]] base::Result<> save_greylist(directory::Database& database,
                                           const StateChanges& changes);
[[nodiscard]] base::Result<> load_greylist(directory::Database& database, StateImage& image);

}  // namespace policy
