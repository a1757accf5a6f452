// lib/dns/exchange.h: one DNS message to a server and its reply, over TCP (RFC 7766).
//
// What:    connects, sends, reads one reply, closes.
// In/Out:  a message as octets → the reply's octets.
// Errors:  those of the connection.
// Limits:  one message of 64 KiB each way; the caller's deadline.
// Not here: what they say (wire.h, update.h).
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/io/network.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace dns {

[[nodiscard]] io::Task<base::Result<std::string>> exchange(io::Ref<io::Network> network,
                                                           io::Endpoint server,
                                                           std::string message);

}  // namespace dns
