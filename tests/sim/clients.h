// tests/sim/clients.h: who talks to our server: people, strangers, and those who mean ill.
//
// What:    honest clients send messages and break off now and then; a stranger tries to relay, to
//          submit without a log-in; a smuggler hides a message in a message; a noisy one says
//          nonsense without end.
// In/Out:  each is a task; the ledger gets what was answered 250, and what must not have happened.
// Errors:  a server that is down or does not answer: the client comes back later.
// Limits:  patience for one conversation; messages of some 16 KiB.
// Not here: what the messages must become (ledger.h).
#pragma once

#include <string>

#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/task_group.h"
#include "tests/sim/home.h"
#include "tests/sim/ledger.h"

namespace sim {

class Clients {
 public:
  Clients(io::sim::World& world, Home& home, Ledger& ledger, const Weather& weather);
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  // Some of each, as the seed says.
  void start();
  void stop() { world_.run(tasks_.stop()); }
  [[nodiscard]] std::size_t running() const { return tasks_.running(); }

 private:
  using Conversation = io::Task<base::Result<>> (Clients::*)(io::sim::Peer*, unsigned*);
  io::Task<void> visit(io::sim::Host* from, std::uint16_t port, Conversation conversation,
                       unsigned messages);
  io::Task<base::Result<>> honest(io::sim::Peer* peer, unsigned* messages);
  io::Task<base::Result<>> stranger(io::sim::Peer* peer, unsigned* messages);
  io::Task<base::Result<>> submitter(io::sim::Peer* peer, unsigned* messages);
  io::Task<base::Result<>> smuggler(io::sim::Peer* peer, unsigned* messages);
  io::Task<base::Result<>> noise(io::sim::Peer* peer, unsigned* messages);
  io::Task<bool> send_one(io::sim::Peer* peer);
  io::Task<bool> say(io::sim::Peer* peer, std::string line, std::string expected);
  [[nodiscard]] Sent invent();
  void answered(const std::string& token);

  io::sim::World& world_;
  Home& home_;
  Ledger& ledger_;
  const Weather& weather_;
  io::sim::Host ours_;     // in a network that may relay
  io::sim::Host foreign_;  // in none
  io::TaskGroup tasks_;
};

}  // namespace sim
