// lib/dns/updater.h: sends changes of a zone to the server that takes them.
//
// What:    one UPDATE over TCP, signed when there is a key, and its reply.
// In/Out:  Update → done, or why not.
// Errors:  those of the connection; what the server says, with the remedy (update.h).
// Limits:  `timeout` for all of it.
// Not here: which server and zone (server/certificate/dns_solver.h, admin/records/publisher.h).
#pragma once

#include <optional>

#include "lib/dns/update.h"
#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/task.h"

namespace dns {

struct UpdaterParts {
  io::Doors doors;
  io::Endpoint server;
  std::optional<TsigKey> key;
  base::Duration timeout;
};

// "192.0.2.53", "[2001:db8::53]:5353"; invalid for anything else.
[[nodiscard]] base::Result<io::Endpoint> parse_server(std::string_view text);

// The update's id is made here.
[[nodiscard]] io::Task<base::Result<>> send_update(UpdaterParts parts, Update update);

}  // namespace dns
