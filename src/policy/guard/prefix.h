// policy/guard/prefix.h: the networks around an address that the guard counts by.
//
// What:    cuts an address to a prefix; hashes and compares networks for tables.
// In/Out:  IpAddress and bits → IpNetwork with nothing behind its prefix.
// Errors:  none.
// Limits:  none.
// Not here: what is counted (tracks.h, ban_list.h, guesses.h).
#pragma once

#include <cstddef>

#include "lib/io/address.h"

namespace policy {

[[nodiscard]] io::IpNetwork cut(const io::IpAddress& address, unsigned bits);
// What counts as one address: an IPv4 address, or the /64 that an IPv6 subscriber has at least.
[[nodiscard]] io::IpNetwork unit_of(const io::IpAddress& address);
// Its neighbours: a /24, or the /48 that one IPv6 site has at most.
[[nodiscard]] io::IpNetwork network_of(const io::IpAddress& address);
// Is it no more than one address in the sense of unit_of()?
[[nodiscard]] bool is_unit(const io::IpNetwork& network);
[[nodiscard]] bool within(const io::IpNetwork& inner, const io::IpNetwork& outer);

struct NetworkHash {
  std::size_t operator()(const io::IpNetwork& network) const;
};
struct NetworkEqual {
  bool operator()(const io::IpNetwork& a, const io::IpNetwork& b) const {
    return a.prefix_bits == b.prefix_bits && a.address == b.address;
  }
};

}  // namespace policy
