// tools/simulate/simulation.h: the queue's schedule among simulated receivers, in virtual time.
//
// What:    Simulation gives the messages to queue::Schedule as they arrive, carries out the work
//          that it hands out as delivery would, and tells it how that ended: the same schedule,
//          settings and keeping of connections as in the server, without disk and network.
// In/Out:  Plan → run() → counts() and wrong(). The same plan gives the same numbers.
// Errors:  what must not be is in wrong(): a message that ended twice or never, one that nothing
//          moves on (HOUSE invariants 1 and 8), a schedule that contradicts itself.
// Limits:  one loop, so limits count whole; one recipient per message; 24 octets per message in
//          all, about 110 per queued one besides.
// Not here: bodies, journal, SMTP (tests/sim runs the whole server).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delivery/idle_connections.h"
#include "delivery/settings.h"
#include "lib/io/sim/random.h"
#include "queue/schedule.h"
#include "tools/simulate/arrivals.h"
#include "tools/simulate/counts.h"
#include "tools/simulate/domains.h"
#include "tools/simulate/ledger.h"
#include "tools/simulate/receiver.h"
#include "tools/simulate/scenario.h"
#include "tools/simulate/virtual_clock.h"

namespace simulate {

struct Plan {
  Scenario scenario;
  std::shared_ptr<const queue::Settings> queue;
  std::shared_ptr<const delivery::Settings> delivery;
  std::uint64_t seed = 1;
  bool cut = false;  // when the days are over, though messages wait
};

// For whoever waits: called once per virtual hour.
struct Progress {
  base::Duration now = {};
  std::uint64_t arrived = 0;
  std::uint64_t queued = 0;
};
using TellProgress = std::function<void(const Progress&)>;

class Simulation {
 public:
  Simulation(Plan plan, TellProgress tell);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  void run();
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<std::string>& wrong() const { return ledger_.wrong(); }
  [[nodiscard]] const Domains& domains() const { return domains_; }

 private:
  // Calls a member when its time comes.
  class Call final : public io::Timer {
   public:
    using Member = void (Simulation::*)();
    Call(Simulation& owner, Member member) : owner_(owner), member_(member) {}
    void fire() override { (owner_.*member_)(); }

   private:
    Simulation& owner_;
    Member member_;
  };
  struct Connection {
    std::uint32_t receiver = 0;
    std::uint64_t messages = 0;
  };
  using Connections = delivery::IdleConnections<std::uint32_t, Connection>;
  // One attempt while it runs.
  struct Attempt final : io::Timer {
    explicit Attempt(Simulation& its_owner) : owner(its_owner) {}
    void fire() override { owner.ended(*this); }

    Simulation& owner;
    queue::Work work;
    Answer answer;
    std::unique_ptr<Connection> connection;
  };

  // simulation.cc: time and the schedule
  [[nodiscard]] base::Duration now() const { return clock_.since_begin(); }
  void arrive();
  void woke();
  void pump();
  void arm_wake();
  void watch();
  void each_hour();
  void check();
  [[nodiscard]] bool over() const;
  void settle_accounts();

  // attempt.cc: what delivery does
  void begin(queue::Work work);
  void aside(const queue::Work& work);
  [[nodiscard]] Answer carry(std::uint64_t number, Attempt& attempt);
  [[nodiscard]] Answer open(std::uint32_t receiver, Attempt& attempt);
  [[nodiscard]] base::Duration wait_for_nobody(const Provider& provider) const;
  [[nodiscard]] Letter letter(std::uint64_t number) const;
  void ended(Attempt& attempt);
  void keep_or_close(Attempt& attempt);
  void settle(const queue::Work& work, const Answer& answer);
  void close(std::uint64_t number, Fate fate);
  [[nodiscard]] bool tell_of_delay(std::uint64_t number);
  [[nodiscard]] ProviderCounts& counts_of(std::uint64_t number);

  Plan plan_;
  TellProgress tell_;
  io::sim::SeededRandom random_;
  VirtualClock clock_{begin_of_time};
  Domains domains_;
  Arrivals arrivals_;
  std::optional<base::Duration> next_arrival_;
  std::vector<Receiver> receivers_;
  queue::Schedule schedule_;
  Ledger ledger_;
  Counts counts_;
  Call arrival_;
  Call wake_;
  std::optional<base::Time> armed_for_;
  Call watch_;
  std::uint32_t watched_ = 0;  // from which entry on it looks next
  Call hour_;
  Connections idle_;
  std::deque<Attempt> attempts_;
  std::vector<Attempt*> free_attempts_;
};

}  // namespace simulate
