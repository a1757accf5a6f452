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
#include <optional>

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

// What is said for one scope; what is not said is inherited from the next wider one.
struct PartialLimits {
  std::optional<bool> on = {};
  std::optional<std::uint32_t> messages_per_day_max = {};
  std::optional<std::uint32_t> new_recipients_per_day_max = {};
  std::optional<std::uint32_t> new_recipients_brake_max = {};
  std::optional<std::uint32_t> bounces_brake_max = {};
  std::optional<base::Duration> brake_window = {};  // whole seconds are kept

  bool operator==(const PartialLimits&) const = default;

  // Puts what is said here into `limits`.
  void apply_to(SendingLimits& limits) const {
    limits.on = on.value_or(limits.on);
    limits.messages_per_day_max = messages_per_day_max.value_or(limits.messages_per_day_max);
    limits.new_recipients_per_day_max =
        new_recipients_per_day_max.value_or(limits.new_recipients_per_day_max);
    limits.new_recipients_brake_max =
        new_recipients_brake_max.value_or(limits.new_recipients_brake_max);
    limits.bounces_brake_max = bounces_brake_max.value_or(limits.bounces_brake_max);
    limits.brake_window = brake_window.value_or(limits.brake_window);
  }
};

}  // namespace directory
