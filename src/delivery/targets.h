// delivery/targets.h: from a domain to the addresses to connect to (RFC 5321 §5.1, RFC 7505).
//
// What:    MX records by preference, equal ones shuffled; the domain itself when it has none; their
//          addresses; without ourselves and whatever is not better than ourselves.
// In/Out:  Route → at least one Target, or the Trouble that says why there is none.
// Errors:  permanent only for what the DNS states: no such domain (5.1.2), null MX (5.1.10), no
//          address (5.4.4), only ourselves (5.4.6). Trouble and bogus are 4.4.3 (invariant 4). A
//          relay host is our own setting: always temporary.
// Limits:  mx_hosts_max names looked up, addresses_tried_max targets, addresses_per_host_max of one
//          host.
// Not here: connecting (connect.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/replies.h"
#include "delivery/route.h"
#include "delivery/settings.h"
#include "lib/dns/resolver.h"
#include "lib/io/address.h"
#include "lib/io/random.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace delivery {

inline constexpr std::size_t mx_hosts_max = 10;
// So that a host with many dead addresses does not keep us from the next one.
inline constexpr std::size_t addresses_per_host_max = 3;

enum class Protocol : std::uint8_t { smtp, lmtp };

struct Target {
  std::string host;  // the name that the certificate must have; a literal for an address literal
  io::Endpoint endpoint;
  std::uint16_t preference = 0;
  Protocol protocol = Protocol::smtp;
  std::string unix_path = {};  // instead of the endpoint
  // Nobody on the way chose it: we did, or signed records of the DNS (DNSSEC).
  bool authentic = false;

  // "mx1.example.net [192.0.2.7]:25", "unix:/run/dovecot/lmtp"
  [[nodiscard]] std::string text() const;
};

struct MxHost {
  std::string name;
  std::uint16_t preference = 0;
  bool implicit = false;  // the domain itself, which has no MX

  bool operator==(const MxHost&) const = default;
};

struct Finder {
  const Settings& settings;
  dns::Resolver& resolver;
  io::Random& random;
  std::vector<io::IpAddress> own_addresses;
};

[[nodiscard]] io::Task<Step<std::vector<Target>>> find_targets(io::Ref<Finder> finder, Route route);

// The pure part: hosts in the order in which to try them, none from our own name on.
[[nodiscard]] Step<std::vector<MxHost>> choose_hosts(const std::string& domain,
                                                     const dns::Answer& answer,
                                                     std::string_view own_name, io::Random& random);
// Addresses of one host in the order to try: IPv6 and IPv4 in turn.
[[nodiscard]] std::vector<io::IpAddress> order_addresses(const dns::Answer& answer, bool ipv6,
                                                         io::Random& random);

}  // namespace delivery
