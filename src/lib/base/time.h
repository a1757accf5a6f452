// lib/base/time.h: the two kinds of time and how durations are written.
//
// What:    Instant is the monotonic clock (deadlines, rates); Time is the wall clock (dates,
//          journal).
// In/Out:  both come from io::Clock only; parse_duration("5d") ↔ format_duration.
// Errors:  parse_duration returns invalid for anything but NUMBER UNIT [NUMBER UNIT …].
// Limits:  durations up to 100 years.
// Not here: reading a clock (lib/io/clock.h), RFC 5322 dates (lib/message/date.h).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace base {

using Duration = std::chrono::microseconds;

struct MonotonicTag {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicTag, Duration>;
  static constexpr bool is_steady = true;
};

using Instant = MonotonicTag::time_point;      // since an arbitrary start; never jumps back
using Time = std::chrono::sys_time<Duration>;  // since 1970-01-01 UTC; may jump

// "30s", "5m", "4h", "5d", "1w", "250ms", also "1h30m". A number without unit is refused.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The largest units first, at most two of them: "4h", "1d12h", "250ms".
[[nodiscard]] std::string format_duration(Duration duration);

// RFC 3339 in UTC with milliseconds: "2026-11-23T14:00:00.123Z". For logs and JSON.
[[nodiscard]] std::string format_time(Time time);
[[nodiscard]] Result<Time> parse_time(std::string_view text);

}  // namespace base
