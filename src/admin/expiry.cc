// See expiry.h.
#include "admin/expiry.h"

#include <fmt/format.h>

#include <chrono>

#include "lib/base/text.h"

namespace admin {
namespace {

constexpr base::Duration expiry_max = std::chrono::days(36'600);  // a hundred years

}  // namespace

base::Result<base::Time> parse_expiry(std::string_view text, base::Time now) {
  auto at = base::parse_time(text.size() == 10 ? fmt::format("{}T00:00:00.000Z", text)
                                               : std::string(text));
  if (!at) {
    auto after = base::parse_duration(text);
    if (!after || *after > expiry_max) {
      return base::fail(base::ErrorKind::invalid,
                        fmt::format("\"{}\" is no time; write 90d, or a day as in 2027-01-01",
                                    base::printable(text, 40)));
    }
    at = now + *after;
  }
  if (*at > now) return *at;
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("{} is not in the future", base::format_time(*at)));
}

}  // namespace admin
