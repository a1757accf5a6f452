// See supervision.h.
#include "server/supervision.h"

#include <fmt/format.h>

#include "lib/io/heartbeat.h"
#include "server/keeper/words.h"

namespace server {
namespace {

constexpr base::Duration status_every = std::chrono::seconds(10);
// Half of the time would be enough (sd_watchdog_enabled(3)); a beat comes one round late at most.
constexpr int beats_per_watchdog = 4;

}  // namespace

void Supervision::say_starting() { manager_.tell("STATUS=reading the queue"); }

void Supervision::say_ready(std::string_view status) {
  manager_.tell("READY=1\nSTATUS=" + io::real::status_line(status));
}

void Supervision::say_reloading(base::Instant now) {
  manager_.tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading the configuration",
                            now.time_since_epoch().count()));
}

void Supervision::say_reloaded() { manager_.tell("READY=1"); }

void Supervision::say_stopping() {
  stopping_ = true;
  manager_.tell("STOPPING=1\nSTATUS=letting messages finish");
}

bool Supervision::ask_for_successor() {
  if (manager_.is_keeper()) manager_.tell(keeper::wants_successor);
  return manager_.is_keeper();
}

io::Task<void> Supervision::run(io::Ref<io::Clock> clock, Watched watched) {
  if (!manager_.is_there()) co_return;
  const base::Duration every =
      manager_.watchdog() ? *manager_.watchdog() / beats_per_watchdog : status_every;
  io::Heartbeat heartbeat({.loops = watched.loops,
                           .beat = [this, &watched] { beat(watched); },
                           .stuck = watched.stuck});
  co_await heartbeat.run(clock, every);
}

void Supervision::beat(const Watched& watched) {
  if (manager_.watchdog()) manager_.tell("WATCHDOG=1");
  if (!stopping_) manager_.tell("STATUS=" + io::real::status_line(watched.status()));
}

}  // namespace server
