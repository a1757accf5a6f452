// policy/forwarding_settings.h: the settings of policy/forwarding.h.
//
// What:    when a sender is rewritten, and for how long bounces find back.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: how an address is rewritten (directory/srs/srs.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/base/time.h"

namespace policy {

struct ForwardingSettings {
  enum class Rewrite : std::uint8_t { when_needed, always, never };
  Rewrite rewrite = Rewrite::when_needed;
  std::string domain;        // of the addresses that are made; empty: that of the alias
  std::string secrets_path;  // state folder + "/srs-secrets"
  base::Duration valid_for = std::chrono::hours(24 * 21);
  base::Duration renew_secret_after = std::chrono::hours(24 * 30);
};

}  // namespace policy
