// directory/sending_limits.h: how much an account may send before the rest is held.
//
// What:    the limits that keep a stolen password from burning the server's reputation.
// In/Out:  a value: set with `stagepost limits set`, kept in directory.db, read from the Snapshot.
// Errors:  none here.
// Limits:  the fields; all are per account.
// Not here: counting (policy/limits/).
#pragma once

#include <chrono>
#include <cstdint>

#include "lib/base/time.h"

namespace directory {

struct SendingLimits {
  bool on = true;
  std::uint32_t messages_per_day_max = 1'000;
  std::uint32_t new_recipients_per_day_max = 200;  // addresses this account never wrote to before
  // The brake on sudden change: more than this many within brake_window holds what follows.
  std::uint32_t new_recipients_brake_max = 60;
  std::uint32_t bounces_brake_max = 15;
  base::Duration brake_window = std::chrono::minutes(10);

  bool operator==(const SendingLimits&) const = default;
};

}  // namespace directory
