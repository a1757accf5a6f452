// policy/verify/settings.h: the settings of policy/verify/.
//
// What:    which checks of the sender are made and what follows from them.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: the connecting address (policy/client/settings.h).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace policy {

struct VerifySettings {
  // Nobody there is checked; loopback unless the settings say otherwise.
  std::vector<io::IpNetwork> exempt = {*io::IpNetwork::parse("127.0.0.0/8"),
                                       *io::IpNetwork::parse("::1/128")};
  base::Duration timeout = std::chrono::seconds(20);  // for all look-ups of one moment
};

}  // namespace policy
