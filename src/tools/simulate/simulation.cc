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

std::vector<Receiver> make_receivers(const Scenario& scenario, const Domains& domains,
                                     io::Random& random) {
  std::vector<Receiver> out;
  for (const std::uint32_t provider : domains.receivers()) {
    const double phase = static_cast<double>(random.number() >> 11U) * 0x1.0p-53;
    out.emplace_back(scenario.providers[provider], phase);
  }
  return out;
}

}  // namespace

Simulation::Simulation(Plan plan, TellProgress tell)
    : plan_(std::move(plan)),
      tell_(std::move(tell)),
      random_(plan_.seed),
      domains_(plan_.scenario),
      arrivals_(plan_.scenario.mail),
      receivers_(make_receivers(plan_.scenario, domains_, random_)),
      schedule_(plan_.queue),
      ledger_(plan_.scenario.mail.messages),
      arrival_(*this, &Simulation::arrive),
      wake_(*this, &Simulation::woke),
      watch_(*this, &Simulation::watch),
      hour_(*this, &Simulation::each_hour),
      idle_(clock_, [this](std::unique_ptr<Connection> connection) {
        receivers_[connection->receiver].closed();
      }) {
  for (const Provider& provider : plan_.scenario.providers) {
    ProviderCounts& counts = counts_.providers.emplace_back();
    counts.name = provider.name;
    counts.hours.resize(1);
  }
}

void Simulation::run() {
  next_arrival_ = arrivals_.next();
  clock_.arm(arrival_, base::Instant{} + *next_arrival_);
  clock_.arm(watch_, clock_.now() + watch_every);
  clock_.arm(hour_, clock_.now() + hours(1));
  static_cast<void>(clock_.run());  // the hours go on until somebody stops them
  for (Call* timer : {&arrival_, &wake_, &watch_, &hour_}) clock_.disarm(*timer);
  settle_accounts();
}

// --- messages come in ----------------------------------------------------------------------------

void Simulation::arrive() {
  constexpr std::uint32_t only = 0;
  while (next_arrival_ && *next_arrival_ <= now()) {
    const std::uint32_t domain = domains_.draw(random_);
    const std::uint64_t number = ledger_.open(now(), domain);
    const base::Time wall = clock_.wall();
    schedule_.add({.id = {number + 1},
                   .destination = domains_.domains()[domain].key,
                   .recipients = {&only, 1},
                   .accepted = wall,
                   .next_attempt = wall},
                  wall);
    ProviderCounts& counts = counts_of(number);
    ++counts.messages;
    ++counts.queued;
    ++counts.hours.back().arrived;
    next_arrival_ = arrivals_.next();
  }
  if (schedule_.messages() > counts_.queue_most) {
    counts_.queue_most = schedule_.messages();
    counts_.queue_most_at = now();
  }
  if (next_arrival_) {
    clock_.arm(arrival_, base::Instant{} + *next_arrival_);
  } else {
    counts_.queued_after_last = schedule_.messages();
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
  counts_.attempts_most_at_once =
      std::max<std::uint64_t>(counts_.attempts_most_at_once, schedule_.active());
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
  for (ProviderCounts& counts : counts_.providers) counts.hours.back().queued = counts.queued;
  if (tell_) tell_({.now = now(), .arrived = ledger_.size(), .queued = schedule_.messages()});
  if (now() % check_every == base::Duration(0)) check();
  if (over()) return clock_.stop();
  const base::Duration end = hours(24) * plan_.scenario.mail.days + plan_.queue->expire_after;
  if (now() > end + patience) {
    ledger_.note(fmt::format("{} messages wait longer than queue.expire_after; nothing moves them",
                             schedule_.messages()));
    return clock_.stop();
  }
  for (ProviderCounts& counts : counts_.providers) counts.hours.emplace_back();
  clock_.arm(hour_, clock_.now() + hours(1));
}

void Simulation::check() {
  ++counts_.checks;
  if (std::string found = schedule_.check(); !found.empty()) ledger_.note(std::move(found));
}

bool Simulation::over() const {
  if (next_arrival_) return false;
  const bool days_over = now() >= hours(24) * plan_.scenario.mail.days;
  return days_over && (plan_.cut || schedule_.messages() == 0);
}

void Simulation::settle_accounts() {
  check();
  const ProviderCounts all = counts_.all();
  ledger_.audit(schedule_.messages(), {0, all.queued, all.delivered, all.bounced, all.expired});
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
  if (open) ledger_.note("a connection was never closed");
  if (plan_.cut) counts_.ended = now();
}

}  // namespace simulate
