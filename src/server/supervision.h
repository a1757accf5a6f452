// server/supervision.h: what the service manager hears of us.
//
// What:    says when we serve, reload and stop; beats the watchdog while every loop turns; keeps a
//          line of status (`systemctl status`).
// In/Out:  say_…() at each change; run() is a task of the main loop while we serve.
// Errors:  none: without a manager nothing is said.
// Limits:  status_every.
// Not here: the protocol (lib/io/real/service_manager.h), the beat itself (lib/io/heartbeat.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/clock.h"
#include "lib/io/loop.h"
#include "lib/io/real/service_manager.h"
#include "lib/io/task.h"

namespace server {

class Supervision {
 public:
  struct Watched {
    std::vector<io::Loop*> loops;
    std::function<std::string()> status;
    std::function<void(std::size_t loop)> stuck;
  };

  // The manager outlives it.
  explicit Supervision(const io::real::ServiceManager& manager) : manager_(manager) {}

  void say_starting();
  void say_ready(std::string_view status);
  // `now` is of the monotonic clock, which is the manager's, too.
  void say_reloading(base::Instant now);
  void say_reloaded();
  void say_stopping();
  // False: there is no keeper who could put a new server into our place.
  [[nodiscard]] bool ask_for_successor();

  // Until it is cancelled. Without a manager it ends at once.
  io::Task<void> run(io::Ref<io::Clock> clock, Watched watched);

 private:
  void beat(const Watched& watched);

  const io::real::ServiceManager& manager_;
  bool stopping_ = false;
};

}  // namespace server
