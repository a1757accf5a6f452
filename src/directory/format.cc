// See format.h.
#include "directory/format.h"

#include <fmt/format.h>

#include "lib/base/format_version.h"

namespace directory {

base::Result<> bring_up_to_date(Database& database, const Format& format) {
  const auto known = static_cast<std::int64_t>(format.steps.size());
  auto version = database.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version == known) return {};
  auto transaction = Transaction::begin(database, true);
  if (!transaction) return std::unexpected(transaction.error());
  version = database.number("PRAGMA user_version");  // another process may have been first
  if (!version) return std::unexpected(version.error());
  if (*version == known) return {};
  if (*version > known || *version < 0) {
    return base::newer_format(format.file, *version, known, format.otherwise);
  }
  base::Result<> made;
  for (const char* step : format.steps.subspan(static_cast<std::size_t>(*version))) {
    if (made) made = database.execute(step);
  }
  if (made) made = database.execute(fmt::format("PRAGMA user_version = {}", known));
  if (!made) return made;
  return transaction->commit();
}

}  // namespace directory
