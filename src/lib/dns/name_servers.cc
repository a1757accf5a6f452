// See name_servers.h.
#include "lib/dns/name_servers.h"

#include <fmt/format.h>

#include <algorithm>

namespace dns {

// The zone's apex is the nearest name above that has NS records.
io::Task<base::Result<std::vector<std::string>>> name_servers(io::Ref<Resolver> resolver,
                                                              std::string name) {
  while (true) {
    const Answer answer = co_await resolver->query(name.empty() ? "." : name, Type::ns);
    // Where a CNAME led are the servers of another zone.
    if (answer.status == Status::ok && answer.canonical_name == name) {
      std::vector<std::string> servers;
      servers.reserve(answer.records.size());
      for (const Record& record : answer.records) servers.push_back(record.data);
      std::ranges::sort(servers);
      if (servers.size() > name_servers_max) servers.resize(name_servers_max);
      co_return servers;
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
