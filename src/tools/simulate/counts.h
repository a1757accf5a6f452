// tools/simulate/counts.h: what happened, in numbers.
//
// What:    Counts has a line for each provider: how its messages ended and after how long, what
//          put them off, and the same hour by hour.
// In/Out:  the simulation counts; report.h, chart.h and hours_csv() read.
// Errors:  none.
// Limits:  an Hour of each provider takes 48 octets; a year of 50 providers 21 MB.
// Not here: single messages (ledger.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "tools/bench/histogram.h"
#include "tools/simulate/receiver.h"

namespace simulate {

// When every simulation begins: a Monday, midnight.
inline constexpr base::Time begin_of_time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};

struct Hour {
  std::uint64_t arrived = 0;
  std::uint64_t delivered = 0;
  std::uint64_t bounced = 0;
  std::uint64_t expired = 0;
  std::uint64_t deferred = 0;  // attempts
  std::uint64_t queued = 0;    // when it is over
};

struct ProviderCounts {
  std::string name;
  std::uint64_t messages = 0;
  std::uint64_t delivered = 0;
  std::uint64_t bounced = 0;
  std::uint64_t expired = 0;
  std::uint64_t queued = 0;  // now
  std::uint64_t attempts = 0;
  std::uint64_t attempts_most = 0;  // of one message
  std::array<std::uint64_t, reason_count> deferrals = {};
  std::array<std::uint64_t, reason_count> bounces = {};
  bench::Histogram delay;  // of those delivered
  std::uint64_t connections = 0;
  std::uint64_t connections_failed = 0;
  std::uint64_t connections_reused = 0;
  std::uint64_t connections_stale = 0;  // reused, but the receiver had closed them
  std::uint64_t blocked = 0;            // how often a destination began to wait as a whole
  std::vector<Hour> hours;

  [[nodiscard]] std::uint64_t deferred() const;
  void add(const ProviderCounts& other);  // but for the name
};

struct Counts {
  std::vector<ProviderCounts> providers;
  base::Duration ended = {};  // when the last message ended, or the simulation was cut
  std::uint64_t queue_most = 0;
  base::Duration queue_most_at = {};
  std::uint64_t queued_after_last = 0;  // when the last message had arrived
  std::uint64_t delay_notices = 0;
  std::uint64_t attempts_most_at_once = 0;
  std::uint64_t checks = 0;  // of the schedule by itself

  [[nodiscard]] ProviderCounts all() const;
};

// "day 3, 14:05": the first day is 1.
[[nodiscard]] std::string day_and_time(base::Duration since_begin);
// A line per hour and provider, and one for all of them.
[[nodiscard]] std::string hours_csv(const Counts& counts);

}  // namespace simulate
