// cli/backup_progress.h: how far long work is, for whoever waits at a terminal.
//
// What:    a line on stderr that is written over, once a second; the clocks.
// In/Out:  show(octets), end().
// Errors:  none.
// Limits:  nothing is shown where stderr is no terminal.
// Not here: the work (server/backup).
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/time.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"

namespace cli {

class Progress {
 public:
  explicit Progress(std::string done) : done_(std::move(done)) {}

  void show(std::uint64_t bytes);
  // The line goes.
  void end();
  [[nodiscard]] base::Instant now();
  [[nodiscard]] base::Time wall();

 private:
  const std::string done_;  // "copied"
  io::real::ThreadPool pool_{1};
  io::real::EventLoop loop_{pool_};
  base::Instant shown_;
  bool any_ = false;
};

}  // namespace cli
