// tools/bench/bare.h: the reference server: what this machine could do at most.
//
// What:    accepts, one group-committed append, relay; one loop per core and nothing besides.
// In/Out:  BareOptions, number of loops → runs until SIGINT or SIGTERM → counts.
// Errors:  a port, folder or log that cannot be had.
// Limits:  see bare_loop.h.
// Not here: everything that makes a mail server: it forgets what it could not relay.
#pragma once

#include <functional>

#include "tools/bench/bare_loop.h"

namespace bench {

struct BareResult {
  std::uint64_t accepted = 0;
  std::uint64_t relayed = 0;
  std::uint64_t lost = 0;
};

[[nodiscard]] base::Result<BareResult> run_bare(const BareOptions& options, unsigned loops,
                                                const std::function<void()>& ready);

}  // namespace bench
