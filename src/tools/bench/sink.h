// tools/bench/sink.h: a server that takes every message and counts it.
//
// What:    listens on N loops, runs a session per connection, keeps the counts' file fresh.
// In/Out:  SinkOptions → `ready` (said by a call) → Counts at the end.
// Errors:  a port or file that cannot be had.
// Limits:  sessions_max; more connections wait in the kernel's queue.
// Not here: a session (sink_session.h), the command line (sink_verb.cc).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/io/address.h"
#include "tools/bench/counters.h"
#include "tools/bench/sink_session.h"

namespace bench {

struct SinkOptions {
  static constexpr std::size_t sessions_max = 60'000;

  SinkSettings settings;
  std::vector<io::Endpoint> listen;
  std::string count_file;  // empty: none
  unsigned threads = 1;
};

// Until SIGINT or SIGTERM. `ready` is called once with what it listens on.
[[nodiscard]] base::Result<Counts> run_sink(
    const SinkOptions& options, const std::function<void(const std::vector<io::Endpoint>&)>& ready);

}  // namespace bench
