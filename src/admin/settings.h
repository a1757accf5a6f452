// admin/settings.h: the settings of admin/.
//
// What:    where the HTTP port listens and where the control socket lies.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  connections_max, body_bytes_max.
// Not here: HTTP itself (lib/http).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/io/address.h"

namespace admin {

struct Settings {
  std::vector<io::Endpoint> http;  // health and metrics; empty: no HTTP port
  std::string socket_path;         // state folder + "/control.sock", mode 0600
  std::size_t connections_max = 100;
  std::size_t body_bytes_max = 1 << 20;
};

}  // namespace admin
