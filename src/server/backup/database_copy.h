// server/backup/database_copy.h: a database as it is at one moment, while others write to it.
//
// What:    a whole copy by SQLite itself (VACUUM INTO: one transaction that only reads, so nobody
//          waits and it need not begin anew; what was erased is not in the copy), and what is in
//          it.
// In/Out:  path → a new file, and DatabaseFacts of it.
// Errors:  of SQLite, with the path; corrupt when the file's own check finds something.
// Limits:  blocks: the command line only.
// Not here: what the tables mean (their rooms).
#pragma once

#include <string>

#include "lib/base/result.h"
#include "server/backup/manifest.h"

namespace backup {

// `to` is not there.
[[nodiscard]] base::Result<> copy_database(const std::string& from, const std::string& to);
// Of a file that nobody writes to. Reads all of it.
[[nodiscard]] base::Result<DatabaseFacts> examine_database(const std::string& path);

}  // namespace backup
