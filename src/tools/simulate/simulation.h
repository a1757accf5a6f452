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
#include "queue/courier.h"
#include "queue/schedule.h"
#include "tools/simulate/account.h"
#include "tools/simulate/domains.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/receiver.h"
#include "tools/simulate/traffic.h"
#include "tools/simulate/virtual_clock.h"

namespace simulate {

class Simulation {
 public:
  Simulation(Plan plan, TellProgress tell);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  void run();
  [[nodiscard]] const Counts& counts() const { return account_.counts(); }
  [[nodiscard]] const std::vector<std::string>& wrong() const { return account_.wrong(); }

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
    Answer answer;                                   // the last
    queue::Result result = queue::Result::deferred;  // of all of them
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
  void carry(std::uint64_t number, Attempt& attempt);
  [[nodiscard]] Answer try_address(std::uint64_t number, Attempt& attempt);
  [[nodiscard]] std::optional<Answer> try_kept(std::uint64_t number, Attempt& attempt);
  [[nodiscard]] Answer open(std::uint64_t number, Attempt& attempt);
  [[nodiscard]] Answer send(std::uint64_t number);
  void hang_up(Attempt& attempt);
  void ended(Attempt& attempt);
  void keep_or_close(Attempt& attempt);
  void settle(const Attempt& attempt);
  [[nodiscard]] bool tell_of_delay(std::uint64_t number);

  Plan plan_;
  TellProgress tell_;
  io::sim::SeededRandom random_;
  VirtualClock clock_{begin_of_time};
  Domains domains_;
  Traffic traffic_;
  std::optional<Coming> coming_;
  std::vector<Receiver> receivers_;
  queue::Schedule schedule_;
  Account account_;
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
