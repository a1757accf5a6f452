// policy/limits/settings.h: the settings of the ledger of sent mail.
//
// What:    when owners are warned, who else is told, how much is remembered per account.
// In/Out:  filled by config/ as section [sending]; part of policy::Settings.
// Errors:  none here.
// Limits:  see the fields.
// Not here: the limits themselves (directory/sending_limits.h; `stagepost limits set`).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/base/time.h"

namespace policy {

struct LimitsSettings {
  std::uint32_t warn_percent = 80;  // of a daily limit: the owner is told once a day
  std::string administrator = {};   // who else is told; empty: postmaster of the account's domain
  std::uint32_t known_recipients_max = 50'000;  // per account; the longest unused are forgotten
  base::Duration known_recipients_keep = std::chrono::hours(400 * 24);  // after the last mail
};

}  // namespace policy
