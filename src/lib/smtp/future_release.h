// lib/smtp/future_release.h: mail that its sender wants to go later (RFC 4865).
//
// What:    what FUTURERELEASE after EHLO says, the values of HOLDFOR and HOLDUNTIL, and the time
//          that comes of them.
// In/Out:  parameter text → seconds or time; both plus the time now → when to release.
// Errors:  nullopt for what the RFC's grammar does not allow; 501 5.5.4 beyond the maximum.
// Limits:  hold_seconds_max of the grammar: nine digits.
// Not here: keeping the message until then (queue/).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/smtp/reply.h"

namespace smtp {

inline constexpr std::uint64_t hold_seconds_max = 999'999'999;

struct FutureRelease {
  std::uint64_t seconds_max = 0;
  base::Time until_max;  // whole seconds

  bool operator==(const FutureRelease&) const = default;
};

// "2592000 2026-12-23T14:00:00Z", as it stands behind the keyword.
[[nodiscard]] std::string future_release_text(const FutureRelease& offer);
[[nodiscard]] std::optional<FutureRelease> parse_future_release(std::string_view seconds,
                                                                std::string_view until);

// One to nine digits, the first of them not 0.
[[nodiscard]] std::optional<std::uint64_t> parse_hold_for(std::string_view text);
// A date-time of RFC 3339 §5.6, in any zone (erratum 2040): "2026-12-23T14:00:00+01:00".
[[nodiscard]] std::optional<base::Time> parse_date_time(std::string_view text);

struct Hold {
  std::optional<std::uint64_t> seconds;
  std::optional<base::Time> until;
};

// 1970 for a message that goes at once. A HOLDUNTIL that is past is no fault: clocks differ.
[[nodiscard]] std::expected<base::Time, Reply> release_time(const Hold& hold,
                                                            const FutureRelease& offer,
                                                            base::Time now);

}  // namespace smtp
