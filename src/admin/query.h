// admin/query.h: what stands in the query of a request, read strictly.
//
// What:    texts, numbers and times of a query.
// In/Out:  http::Request and a name → value; what is not there or empty is the default.
// Errors:  invalid, naming the parameter and what may stand there.
// Limits:  text_bytes_max of a text.
// Not here: bodies (json.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/http/message.h"

namespace admin {

inline constexpr std::size_t text_bytes_max = 320;  // an address and a little more (RFC 3696)

[[nodiscard]] base::Result<std::string> read_text(const http::Request& request,
                                                  std::string_view name);
// In [1, max].
[[nodiscard]] base::Result<std::size_t> read_count(const http::Request& request,
                                                   std::string_view name, std::size_t otherwise,
                                                   std::size_t max);
// "2026-11-23T14:00:00Z", "2026-11-23" (its begin in UTC), or "2h": so long ago.
[[nodiscard]] base::Result<std::optional<base::Time>> read_time(const http::Request& request,
                                                                std::string_view name,
                                                                base::Time now);

}  // namespace admin
