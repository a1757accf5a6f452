// lib/dns/resolver_settings.h: the settings of lib/dns.
//
// What:    whom to ask, how long, what to keep.
// In/Out:  filled by config/; given to make_resolver and UnboundEngine.
// Errors:  none here.
// Limits:  see the fields.
// Not here: how they are read (config/).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace dns {

struct Settings {
  // "192.0.2.53", "[2001:db8::53]:5353". Empty: we walk the DNS from its root ourselves.
  std::vector<std::string> forwarders;
  std::string resolv_conf_path;  // take forwarders from such a file; empty: do not
  std::string hosts_path;        // "/etc/hosts" when names in it should count; empty: they do not
  // Keys of the root zone. A file that is not there turns validation off.
  std::string trust_anchor_path = "/usr/share/dns/root.key";
  bool ipv6 = true;                                         // ask name servers by IPv6, too
  base::Duration query_timeout = std::chrono::seconds(10);  // then the answer is trouble
  std::size_t queries_max = 5'000;                          // at once, per loop; more are trouble
  std::size_t cache_entries_max = 20'000;                   // per loop
  base::Duration ttl_max = std::chrono::hours(1);
  base::Duration negative_ttl_max = std::chrono::minutes(5);
  base::Duration trouble_ttl =
      std::chrono::seconds(2);    // never much: the cause may just have ended
  std::size_t records_max = 500;  // of one answer; the rest is cut
};

}  // namespace dns
