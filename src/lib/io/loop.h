// lib/io/loop.h: the event loop of one thread.
//
// What:    runs what is ready; post() hands it a function, from any thread.
// In/Out:  one Loop per core (or one simulated loop); everything else of a loop hangs on it.
// Errors:  none.
// Limits:  posts are unbounded: whoever posts from outside bounds its own number.
// Not here: timers (clock.h), sockets (network.h), blocking work (pool.h).
#pragma once

#include <functional>

namespace io {

class Loop {
 public:
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  virtual ~Loop() = default;

  // Runs the function on this loop, after everything that is ready now. Thread-safe.
  virtual void post(std::function<void()> function) = 0;
};

}  // namespace io
