// tests/fuzz/kit/next_hop.h: our delivery, and a next hop that the fuzzer plays.
//
// What:    sends a message by the real client to a server whose every octet is the input's, and
//          looks at outcomes and at what was sent.
// In/Out:  octets of a server → CHECKs. The first octet chooses the message that is sent; hang_up
//          ends a connection, what follows is for the next one, the last part for all later ones.
// Errors:  none.
// Limits:  the client's own.
// Not here: the octets' meaning (conversation.h), the client (delivery/).
#pragma once

#include <string_view>

#include "delivery/settings.h"

namespace fuzz {

struct HopSettings {
  delivery::Settings delivery;
  bool trusted = false;  // the server's certificate
  bool secret = false;   // the password must never be seen as it is
};

// By MX. The fuzzer's server has the ports 24 (for LMTP), 25 and 465.
[[nodiscard]] HopSettings hop_settings();
// A relay host with implicit TLS, where we log in.
[[nodiscard]] delivery::RouteSetting relay_route();

void deliver_to_hop(const HopSettings& settings, std::string_view input);

inline constexpr const char* hop_password = "correct horse";

}  // namespace fuzz
