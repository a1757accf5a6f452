// lib/message/date.h: dates of mail (RFC 5322 §3.3 and §4.3).
//
// What:    date_text writes "Mon, 23 Nov 2026 14:00:00 +0000"; parse_date reads that and the old
//          forms.
// In/Out:  base::Time ↔ text, in UTC when written unless a zone is given.
// Errors:  invalid for a date that does not exist or a text that is none.
// Limits:  date_bytes_max of input; years 1900 to 9999.
// Not here: RFC 3339 times of logs (lib/base/time.h).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace message {

inline constexpr std::size_t date_bytes_max = 256;

[[nodiscard]] std::string date_text(base::Time time);
// The same instant as clocks in that zone show it: "… 15:30:00 +0130".
[[nodiscard]] std::string date_text(base::Time time, std::chrono::minutes zone);
// Comments, folds, two-digit years and the zones GMT, UT, EST… are understood.
[[nodiscard]] base::Result<base::Time> parse_date(std::string_view text);

}  // namespace message
