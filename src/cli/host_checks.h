// cli/host_checks.h: is this host ready to be a mail server?
//
// What:    PTR and HELO name of the public addresses, and whether port 25 is open towards the
//          world.
// In/Out:  MailHost → one Finding each, for people.
// Errors:  what cannot be checked from here is said to be unknown, never to be wrong.
// Limits:  check_timeout for each look-up and connection.
// Not here: what to publish (dns_records.h).
#pragma once

#include <string>
#include <vector>

#include "cli/dns_records.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/task.h"

namespace cli {

struct Finding {
  enum class Kind : std::uint8_t { good, bad, unknown };
  Kind kind = Kind::unknown;
  std::string text;
};

// The addresses of this host that the world can reach.
[[nodiscard]] std::vector<io::IpAddress> public_addresses(io::Doors doors);

[[nodiscard]] io::Task<std::vector<Finding>> check_host(io::Doors doors, dns::Resolver* resolver,
                                                        MailHost host);

}  // namespace cli
