// server/settings.h: the settings of the process itself.
//
// What:    the state folder and the number of loops.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  loops_max.
// Not here: everything that a module owns (its own settings.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace server {

inline constexpr unsigned loops_max = 16;
inline constexpr unsigned node_max = 15;  // node and loop share 8 bits of every message id

struct Settings {
  std::string state_folder;
  // Where the file was found; not settings of the file.
  std::string home = {};
  std::string config_path = {};
  unsigned loops = 0;         // 0: one per core
  unsigned pool_threads = 2;  // for blocking work
  unsigned node = 1;          // part of every message id
  std::vector<std::string>
      dns_servers;              // "10.0.0.53", "127.0.0.1:5353"; empty: resolve from the root
                                // or by /etc/resolv.conf, see dns_from_system
  bool dns_from_system = true;  // use the name servers of /etc/resolv.conf
};

}  // namespace server
