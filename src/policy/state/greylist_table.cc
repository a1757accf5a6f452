// See greylist_table.h.
#include "policy/state/greylist_table.h"

#include <bit>

#include "policy/state/sql_rows.h"

namespace policy {
namespace {

using base::Result;
using directory::Statement;

std::int64_t number(base::Time time) { return time.time_since_epoch().count(); }
base::Time time_of(std::int64_t number) { return base::Time(base::Duration(number)); }

}  // namespace

Result<> save_greylist(directory::Database& database, const StateChanges& changes) {
  auto done =
      for_each(database, "DELETE FROM greylist WHERE hash = ?", changes.greylist.gone,
               [](Statement& s, std::uint64_t hash) { s.bind(std::bit_cast<std::int64_t>(hash)); });
  if (!done) return done;
  return for_each(database, "INSERT OR REPLACE INTO greylist VALUES (?, ?, ?, ?)",
                  changes.greylist.set, [](Statement& s, const GreylistRow& row) {
                    s.bind(std::bit_cast<std::int64_t>(row.hash)).bind(number(row.first));
                    s.bind(number(row.seen)).bind(std::int64_t{row.successes});
                  });
}

Result<> load_greylist(directory::Database& database, StateImage& image) {
  return each(database, "SELECT hash, first, seen, successes FROM greylist",
              [&image](const Statement& s) {
                image.greylist.push_back({.hash = std::bit_cast<std::uint64_t>(s.number(0)),
                                          .first = time_of(s.number(1)),
                                          .seen = time_of(s.number(2)),
                                          .successes = static_cast<std::uint32_t>(s.number(3))});
              });
}

}  // namespace policy
