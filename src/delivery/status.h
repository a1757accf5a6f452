// delivery/status.h: what delivery/ is doing at this moment, for admin/.
//
// What:    a few numbers.
// In/Out:  Dispatcher::status() → Status.
// Errors:  none.
// Limits:  none.
// Not here: sums since the start (counters.h), the queue (queue/queue.h).
#pragma once

#include <cstddef>

namespace delivery {

struct Status {
  std::size_t attempts_running = 0;
  std::size_t idle_connections = 0;
};

}  // namespace delivery
