// See simulation.h: time and the schedule.
#include "tools/simulate/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace simulate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The server looks every ten seconds for those behind a backoff whose time is over; here that would
// be most of the work, and of many millions even this.
constexpr base::Duration watch_every = minutes(10);
constexpr std::uint32_t watched_at_once_max = 1'000'000;
// As the server: it wakes up for nothing nearer.
constexpr base::Duration sleep_min = std::chrono::milliseconds(1);
// The schedule checks itself wholly so often.
constexpr base::Duration check_every = hours(24);
// Whatever still waits so long after its end is stuck.
constexpr base::Duration patience = hours(24);

}  // namespace

Simulation::Simulation(Plan plan, TellProgress tell)
    : plan_(std::move(plan)),
      tell_(std::move(tell)),
      random_(plan_.seed),
      domains_(plan_.scenario),
      traffic_(plan_.scenario.mail, domains_, plan_.seed),
      receivers_(make_receivers(plan_.scenario, domains_, plan_.seed)),
      schedule_(plan_.queue),
      account_(plan_.scenario, domains_, plan_.seed),
      arrival_(*this, &Simulation::arrive),
      wake_(*this, &Simulation::woke),
      watch_(*this, &Simulation::watch),
      hour_(*this, &Simulation::each_hour),
      idle_(clock_, [this](std::unique_ptr<Connection> connection) {
        receivers_[connection->receiver].closed();
      }) {}

void Simulation::run() {
  coming_ = traffic_.next();
  clock_.arm(arrival_, base::Instant{} + coming_->when);
  clock_.arm(watch_, clock_.now() + watch_every);
  clock_.arm(hour_, clock_.now() + hours(1));
  static_cast<void>(clock_.run());  // the hours go on until somebody stops them
  for (Call* timer : {&arrival_, &wake_, &watch_, &hour_}) clock_.disarm(*timer);
  settle_accounts();
}

// --- messages come in ----------------------------------------------------------------------------

void Simulation::arrive() {
  constexpr std::uint32_t only = 0;
  for (; coming_ && coming_->when <= now(); coming_ = traffic_.next()) {
    const std::uint64_t number = account_.open(now(), coming_->domain);
    const base::Time wall = clock_.wall();
    schedule_.add({.id = {number + 1},
                   .destination = account_.domain(number).key,
                   .recipients = {&only, 1},
                   .accepted = wall,
                   .next_attempt = wall},
                  wall);
  }
  if (coming_) {
    clock_.arm(arrival_, base::Instant{} + coming_->when);
  } else {
    account_.last_has_come();
  }
  pump();
}

// --- who starts when -----------------------------------------------------------------------------

void Simulation::woke() {
  armed_for_.reset();
  pump();
}

// As queue::LocalQueue::pump().
void Simulation::pump() {
  const base::Time wall = clock_.wall();
  while (auto work = schedule_.next(wall)) begin(std::move(*work));
  std::uint64_t& most = account_.counts().attempts_most_at_once;
  most = std::max<std::uint64_t>(most, schedule_.active());
  arm_wake();
}

void Simulation::arm_wake() {
  const auto wake = schedule_.next_wakeup();
  if (wake == armed_for_) return;
  clock_.disarm(wake_);
  armed_for_ = wake;
  if (wake) clock_.arm(wake_, clock_.now() + std::max(*wake - clock_.wall(), sleep_min));
}

void Simulation::watch() {
  watched_ = schedule_.expire_blocked(watched_, watched_at_once_max, clock_.wall());
  if (watched_ == queue::no_slot) watched_ = 0;
  clock_.arm(watch_, clock_.now() + watch_every);
  pump();
}

// --- how it goes ---------------------------------------------------------------------------------

void Simulation::each_hour() {
  account_.hour_over();
  if (tell_)
    tell_({.now = now(), .arrived = account_.ledger().size(), .queued = schedule_.messages()});
  if (now() % check_every == base::Duration(0)) check();
  if (over()) return clock_.stop();
  const base::Duration end = hours(24) * plan_.scenario.mail.days + plan_.queue->expire_after;
  if (now() > end + patience) {
    account_.ledger().note(
        fmt::format("{} messages wait longer than queue.expire_after; nothing moves them",
                    schedule_.messages()));
    return clock_.stop();
  }
  account_.next_hour();
  clock_.arm(hour_, clock_.now() + hours(1));
}

void Simulation::check() {
  ++account_.counts().checks;
  if (std::string found = schedule_.check(); !found.empty())
    account_.ledger().note(std::move(found));
}

bool Simulation::over() const {
  if (coming_) return false;
  const bool days_over = now() >= hours(24) * plan_.scenario.mail.days;
  return days_over && (plan_.cut || schedule_.messages() == 0);
}

void Simulation::settle_accounts() {
  check();
  account_.audit(schedule_.messages());
  // What runs when it is cut stays in the queue.
  for (Attempt& attempt : attempts_) {
    clock_.disarm(attempt);
    if (!attempt.connection) continue;
    receivers_[attempt.connection->receiver].closed();
    attempt.connection.reset();
  }
  idle_.close_all();
  const bool open = std::ranges::any_of(
      receivers_, [](const Receiver& receiver) { return receiver.connections() > 0; });
  if (open) account_.ledger().note("a connection was never closed");
  if (plan_.cut) account_.counts().ended = now();
}

}  // namespace simulate
