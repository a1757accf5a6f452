// lib/http/local_peer.h: which user of this host asks, over a unix socket.
//
// What:    the server notes it beside what the router takes from the path: nothing of it came over
//          the wire.
// In/Out:  set by server.cc, read by handlers.
// Errors:  none: nothing, when the request came by another way.
// Limits:  none.
// Not here: how the kernel is asked (lib/io/local_peer.h).
#pragma once

#include <optional>

#include "lib/http/message.h"
#include "lib/io/local_peer.h"

namespace http {

void set_local_peer(Request& request, const io::LocalPeer& peer);
[[nodiscard]] std::optional<io::LocalPeer> local_peer_of(const Request& request);

}  // namespace http
