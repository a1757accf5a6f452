// policy/state/contact_tables.h: the tables of state.db in which contacts are kept.
//
// What:    contacts as keyed hashes and the domains that accounts wrote to.
// In/Out:  rows (rows.h) ↔ SQLite, for state_store.h.
// Errors:  the database's.
// Limits:  those of contacts.h.
// Not here: what a contact is (contacts.h), when it is written (state.h).
#pragma once

#include "directory/database.h"
#include "policy/state/rows.h"

namespace policy {

// The second version of the schema.
inline constexpr const char* contact_tables = R"sql(
CREATE TABLE contacts (account TEXT NOT NULL, hash INTEGER NOT NULL, day INTEGER NOT NULL,
                       written INTEGER NOT NULL, PRIMARY KEY (account, hash)) WITHOUT ROWID;
CREATE TABLE contact_domains (account TEXT NOT NULL, domain TEXT NOT NULL, day INTEGER NOT NULL,
                              PRIMARY KEY (account, domain)) WITHOUT ROWID;
)sql";

[[nodiscard]] base::Result<> save_contacts(directory::Database& database,
                                           const StateChanges& changes);
[[nodiscard]] base::Result<> load_contacts(directory::Database& database, StateImage& image);

}  // namespace policy
