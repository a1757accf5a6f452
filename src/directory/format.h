// directory/format.h: a database's format, and how older ones are brought up to date.
//
// What:    PRAGMA user_version counts the steps of SQL that have made a file what it is; those that
//          it lacks are run.
// In/Out:  Database and Format → the same with the tables of the last step.
// Errors:  unsupported for a file that a newer Stagepost has changed (base/format_version.h);
//          SQLite's.
// Limits:  all steps in one transaction: a crash leaves the old format.
// Not here: the steps (each store has its own).
#pragma once

#include <span>
#include <string_view>

#include "directory/database.h"
#include "lib/base/result.h"

namespace directory {

struct Format {
  std::string_view file;               // "flow.db", for complaints
  std::span<const char* const> steps;  // the first makes an empty file one of format 1
  std::string_view otherwise = {};     // base::newer_format()
};

[[nodiscard]] base::Result<> bring_up_to_date(Database& database, const Format& format);

}  // namespace directory
