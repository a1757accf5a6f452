// policy/settings.h: the settings of policy/.
//
// What:    who may relay, and limits of a transaction.
// In/Out:  filled by config/; immutable, a session keeps those it began with.
// Errors:  none here.
// Limits:  see the fields.
// Not here: limits of the conversation itself (session/settings.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/io/address.h"

namespace policy {

struct Settings {
  std::string hostname;
  std::vector<io::IpNetwork> relay_networks;  // who may relay without AUTH; empty by default
  unsigned received_fields_max = 50;          // RFC 5321 §6.3: more means a loop
};

}  // namespace policy
