// tests/sim/town.h: one server, its clients, its receivers, and a seed that decides what goes
// wrong.
//
// What:    runs a story from a seed: mail comes in, peers misbehave, the disk fails, power is cut;
//          in the end all faults stop, the queue runs dry, and the ledger is checked.
// In/Out:  seed → Story: violations (empty when the invariants held), counts, and a hash of all
//          that happened, equal for equal seeds.
// Errors:  violations.
// Limits:  messages_max per client; virtual time.
// Not here: what must hold (ledger.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/io/sim/world.h"
#include "tests/sim/home.h"
#include "tests/sim/ledger.h"
#include "tests/sim/receiver.h"

namespace sim {

struct Story {
  std::vector<std::string> violations;
  std::size_t accepted = 0;
  std::size_t crashes = 0;
  std::size_t disk_failures = 0;
  base::Duration virtual_time{0};
  std::uint64_t hash = 0;
  std::string log;  // the server's events, a line each
};

class Town {
 public:
  explicit Town(std::uint64_t seed);
  ~Town();
  Town(const Town&) = delete;
  Town& operator=(const Town&) = delete;

  [[nodiscard]] Story tell();

 private:
  void open_server();
  io::Task<void> client(unsigned messages);
  io::Task<bool> send_one(io::sim::Peer* peer);
  io::Task<bool> say(io::sim::Peer* peer, std::string line, std::string expected);
  [[nodiscard]] Sent invent();
  void live_through_trouble();
  void power_cut();
  void disk_trouble();
  void settle();
  [[nodiscard]] Ledger::Evidence evidence();

  io::sim::World world_;
  Ledger ledger_;
  Home home_;
  Receiver near_;
  Receiver far_;
  io::sim::Host clients_;
  io::TaskGroup client_tasks_;
  Story story_;
};

}  // namespace sim
