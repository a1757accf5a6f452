// admin/expiry.h: the end of an app password or a token, as people write it.
//
// What:    "90d" from now, or "2027-01-01": the beginning of that day in UTC.
// In/Out:  text → base::Time.
// Errors:  invalid: no time, or not in the future.
// Limits:  a hundred years.
// Not here: durations (lib/base/time.h).
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace admin {

[[nodiscard]] base::Result<base::Time> parse_expiry(std::string_view text, base::Time now);

}  // namespace admin
