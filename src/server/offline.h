// server/offline.h: the command line's work when no server runs.
//
// What:    takes the state lock, opens the state folder as the server would, delivers nothing, and
//          lets the same handler answer one request, or says what is there.
// In/Out:  Config and http::Request → http::Response; Config → Opened.
// Errors:  `busy` when a server has the state but does not answer; what opening it met.
// Limits:  one request.
// Not here: the handler (admin/api.h).
#pragma once

#include <string>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/http/message.h"
#include "queue/store.h"

namespace server {

[[nodiscard]] base::Result<http::Response> handle_offline(config::Config config,
                                                          http::Request request);

// What a start would find.
struct Opened {
  queue::ReplayReport replay;
  std::size_t domains = 0;
  std::size_t mailboxes = 0;
  std::size_t aliases = 0;
  std::size_t tokens = 0;
  std::size_t webhooks = 0;
  std::size_t keys = 0;
  std::string certificate;  // its names and its end
};
[[nodiscard]] base::Result<Opened> open_offline(config::Config config);

}  // namespace server
