// See name_servers.h.
#include "lib/dns/name_servers.h"

#include <fmt/format.h>

#include <algorithm>

namespace dns {

io::Task<base::Result<Zone>> zone_of(io::Ref<Resolver> resolver, std::string name) {
  while (true) {
    const Answer answer = co_await resolver->query(name.empty() ? "." : name, Type::ns);
    // Where a CNAME led are the servers of another zone.
    if (answer.status == Status::ok && answer.canonical_name == name) {
      Zone zone{.apex = name, .servers = {}};
      zone.servers.reserve(answer.records.size());
      for (const Record& record : answer.records) zone.servers.push_back(record.data);
      std::ranges::sort(zone.servers);
      if (zone.servers.size() > name_servers_max) zone.servers.resize(name_servers_max);
      co_return zone;
    }
    if (answer.status != Status::ok && !is_negative(answer.status)) {
      co_return base::fail(
          base::ErrorKind::unreachable,
          fmt::format("the DNS does not say which name servers {} has: {}", name, answer.why));
    }
    if (name.empty()) break;
    const std::size_t dot = name.find('.');
    name = dot == std::string::npos ? std::string() : name.substr(dot + 1);
  }
  co_return base::fail(base::ErrorKind::not_found, "the DNS knows no name servers for it");
}

}  // namespace dns
