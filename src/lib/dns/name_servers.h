// lib/dns/name_servers.h: which zone does a name lie in, and which name servers are its authority?
//
// What:    finds the apex of the zone by its NS records: the nearest name above that has some.
// In/Out:  name and Resolver → the zone's name and the names of its servers, sorted.
// Errors:  unreachable when the DNS does not say; not_found when it knows none.
// Limits:  name_servers_max; a question per label of the name.
// Not here: asking them (server_resolver.h).
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace dns {

inline constexpr std::size_t name_servers_max = 20;

struct Zone {
  std::string apex;  // name_key; "": the root
  std::vector<std::string> servers;
};

[[nodiscard]] io::Task<base::Result<Zone>> zone_of(io::Ref<Resolver> resolver, std::string name);

}  // namespace dns
