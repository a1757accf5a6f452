// policy/client/settings.h: the settings of policy/client/.
//
// What:    which checks of the connecting address are made, and what they cost the client.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: log-ins and their bans (policy/guard/settings.h).
#pragma once

#include <chrono>

#include "lib/base/time.h"

namespace policy {

struct ClientSettings {
  bool iprev = true;
  base::Duration lookup_timeout = std::chrono::seconds(10);  // for all look-ups of a connection
};

}  // namespace policy
