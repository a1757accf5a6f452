// tools/simulate/wire/clients.h: those who give the mail to our server.
//
// What:    at its time each message is handed to one of a few SMTP clients, which brings it until
//          the server says 250.
// In/Out:  start(); done() when all mail has come and was accepted.
// Errors:  a server that does not take a message is asked again after pause_after_refusal.
// Limits:  clients_max conversations; messages wait for a client in memory by their number.
// Not here: which mail (traffic.h), the octets of a message (tools/bench/message_maker.h).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "lib/io/completion.h"
#include "lib/io/sim/host.h"
#include "lib/io/task_group.h"
#include "tools/bench/conversation.h"
#include "tools/bench/message_maker.h"
#include "tools/bench/transaction.h"
#include "tools/simulate/account.h"
#include "tools/simulate/traffic.h"
#include "tools/simulate/wire/parcels.h"

namespace simulate::wire {

class Clients {
 public:
  static constexpr unsigned clients_max = 8;
  static constexpr base::Duration pause_after_refusal = std::chrono::minutes(1);
  // The server hangs up on who says nothing for longer (session.command_timeout).
  static constexpr base::Duration silence_max = std::chrono::minutes(1);

  // All outlive it.
  struct Parts {
    io::sim::World& world;
    io::Endpoint server;
    Traffic& traffic;
    Account& account;
    Parcels& parcels;
    base::Instant begin;
  };
  Clients(const Parts& parts, bench::MessageMaker maker);

  // Its network must be allowed to relay (server.h).
  static constexpr std::string_view address = "192.0.2.2";
  void start();
  void stop() { parts_.world.run(tasks_.stop()); }
  [[nodiscard]] bool done() const { return all_came_ && unaccepted() == 0; }
  [[nodiscard]] std::uint64_t unaccepted() const { return waiting_.size() + bringing_; }
  [[nodiscard]] bool all_came() const { return all_came_; }

 private:
  struct Client {
    std::unique_ptr<bench::Conversation> talk;  // none: no connection
    base::Instant spoke;                        // last
    bench::MessageMaker::Draft draft;
    bench::Outgoing outgoing;
  };
  io::Task<void> hand_out();
  io::Task<void> client();
  io::Task<bool> bring(io::Ref<Client> client, std::uint64_t number);
  io::Task<bool> try_once(io::Ref<Client> client);
  void compose(Client& client, std::uint64_t number) const;

  Parts parts_;
  bench::MessageMaker maker_;
  io::sim::Host machine_;
  bench::ClientOptions options_;
  std::deque<std::uint64_t> waiting_;  // numbers
  unsigned bringing_ = 0;
  bool all_came_ = false;
  io::Signal changed_;
  io::TaskGroup tasks_;
};

}  // namespace simulate::wire
