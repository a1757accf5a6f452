// lib/io/real/outgoing.h: which address of this host goes out into the Internet?
//
// What:    asks the routes, as a connection to one of the Internet's root servers would.
// In/Out:  family → address.
// Errors:  nothing when there is no way out.
// Limits:  none; nothing is sent.
// Not here: all addresses (io::Network::own_addresses).
#pragma once

#include <optional>

#include "lib/io/address.h"

namespace io::real {

[[nodiscard]] std::optional<IpAddress> outgoing_address(bool v6);

}  // namespace io::real
