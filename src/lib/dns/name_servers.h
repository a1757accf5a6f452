// lib/dns/name_servers.h: which name servers are the authority for a name?
//
// What:    finds the apex of the zone that a name lies in, by its NS records.
// In/Out:  name and Resolver → names of the servers, sorted.
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

[[nodiscard]] io::Task<base::Result<std::vector<std::string>>> name_servers(
    io::Ref<Resolver> resolver, std::string name);

}  // namespace dns
