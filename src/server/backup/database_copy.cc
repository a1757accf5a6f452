// See database_copy.h.
#include "server/backup/database_copy.h"

#include <fmt/format.h>

#include <vector>

#include "directory/database.h"

namespace backup {
namespace {

std::unexpected<base::Error> at(const std::string& path, base::Error error) {
  return base::fail(error.kind, fmt::format("{}: {}", path, error.detail));
}

std::string in_quotes(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

base::Result<> check(directory::Database& database) {
  std::string trouble;
  auto done = directory::for_each_row(database, "PRAGMA quick_check", {},
                                      [&trouble](const directory::Statement& row) {
                                        if (trouble.empty() && row.text(0) != "ok")
                                          trouble = row.text(0);
                                      });
  if (!done || trouble.empty()) return done;
  return base::fail(base::ErrorKind::corrupt, "the database is damaged: " + trouble);
}

base::Result<DatabaseFacts> facts_of(directory::Database& database) {
  if (auto well = check(database); !well) return std::unexpected(std::move(well.error()));
  const auto format = database.number("PRAGMA user_version");
  if (!format) return std::unexpected(format.error());
  std::vector<std::string> tables;
  auto named = directory::for_each_row(
      database,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
      "'\\'",
      {}, [&tables](const directory::Statement& row) { tables.push_back(row.text(0)); });
  if (!named) return std::unexpected(std::move(named.error()));
  DatabaseFacts facts{.format = *format, .rows = {}};
  for (const std::string& table : tables) {
    const auto rows = database.number("SELECT count(*) FROM " + in_quotes(table));
    if (!rows) return std::unexpected(rows.error());
    facts.rows[table] = static_cast<std::uint64_t>(*rows);
  }
  return facts;
}

}  // namespace

base::Result<> copy_database(const std::string& from, const std::string& to) {
  auto database = directory::Database::open_to_read(from);
  if (!database) return std::unexpected(std::move(database.error()));
  auto done = directory::run_sql(**database, "VACUUM INTO ?", {to});
  return done ? done : at(from, std::move(done.error()));
}

base::Result<DatabaseFacts> examine_database(const std::string& path) {
  auto database = directory::Database::open_to_read(path);
  if (!database) return std::unexpected(std::move(database.error()));
  auto facts = facts_of(**database);
  if (!facts) return at(path, std::move(facts.error()));
  return facts;
}

}  // namespace backup
