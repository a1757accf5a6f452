// tools/bench/idle.h: connections that are opened and then do nothing.
//
// What:    connects, says EHLO (over TLS when asked), holds all of them open; QUIT at the end.
// In/Out:  IdleOptions → `opened` is called when all are open or have failed; then IdleReport.
// Errors:  connections that fail are counted, the first with its words.
// Limits:  opening_at_once connections are under way at a time; connect_timeout for each.
// Not here: the command line (idle_verb.cc).
#pragma once

#include <functional>
#include <string>

#include "tools/bench/conversation.h"

namespace bench {

struct IdleOptions {
  static constexpr unsigned opening_at_once = 128;  // over all loops
  static constexpr base::Duration connect_timeout = std::chrono::seconds(60);

  ClientOptions client;
  unsigned connections = 1;
  unsigned threads = 1;
  std::optional<base::Duration> hold;  // none: until standard input ends
};

struct IdleReport {
  std::uint64_t open = 0;
  std::uint64_t failed = 0;
  base::Duration took = {};  // until all were open
  std::string first_error;
  bool told = false;                // to `opened`
  std::uint64_t answered_quit = 0;  // at the end
};

[[nodiscard]] base::Result<IdleReport> run_idle(
    const IdleOptions& options, const std::function<void(const IdleReport&)>& opened);

}  // namespace bench
