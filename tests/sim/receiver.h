// tests/sim/receiver.h: another site's mail server that behaves as badly as the seed says.
//
// What:    listens on port 25 of its host; accepts, answers 4yz or 5yz, stalls, hangs up, lies.
// In/Out:  notes what it took into the ledger, when it said (or did not say) 250.
// Errors:  none: trouble is its purpose.
// Limits:  one loop of sessions until stop().
// Not here: the sender's side (town.h).
#pragma once

#include <string>

#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/task_group.h"
#include "tests/sim/ledger.h"

namespace sim {

// Percent of moments at which each kind of trouble happens.
struct Manners {
  unsigned defer = 10;   // 4yz
  unsigned refuse = 3;   // 5yz
  unsigned hang_up = 3;  // closes at once
  unsigned stall = 1;    // says nothing for an hour
};

class Receiver {
 public:
  Receiver(io::sim::World& world, const std::string& address, Ledger& ledger);
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  void start();
  void stop();
  Manners manners;
  bool offers_dsn = false;

 private:
  enum class Mood { well, defer, refuse, hang_up, stall };
  [[nodiscard]] Mood mood();
  io::Task<void> accept();
  io::Task<void> converse(std::unique_ptr<io::Stream> stream);
  io::Task<bool> answer(io::sim::Peer* peer, Mood mood, std::string good);
  io::Task<bool> take_message(io::sim::Peer* peer, std::vector<std::string> recipients);

  io::sim::World& world_;
  Ledger& ledger_;
  io::sim::Host host_;
  std::unique_ptr<io::Listener> listener_;
  io::TaskGroup tasks_;
};

}  // namespace sim
