// server/offline.h: the command line's work when no server runs.
//
// What:    takes the state lock, opens the state folder as the server would, delivers nothing, and
//          lets the same handler answer one request.
// In/Out:  Config and http::Request → http::Response.
// Errors:  `busy` when a server has the state but does not answer; what opening it met.
// Limits:  one request.
// Not here: the handler (admin/api.h).
#pragma once

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/http/message.h"

namespace server {

[[nodiscard]] base::Result<http::Response> handle_offline(config::Config config,
                                                          http::Request request);

}  // namespace server
