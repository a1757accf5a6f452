// tests/sim/town.h: two of our servers, their clients, other sites, and a seed that decides what
// goes wrong.
//
// What:    runs a story from a seed: mail comes in and is relayed, also from one server of ours to
//          the other; peers misbehave, disks fail, power is cut; after each trouble what must hold
//          at any moment is checked; in the end all faults stop, the queues run dry, and every
//          message is accounted for.
// In/Out:  seed → Story: violations (empty when the invariants held), counts, and a hash of all
//          that happened, equal for equal seeds.
// Errors:  violations.
// Limits:  troubles_max; virtual time: a day and some hours.
// Not here: what must hold (ledger.h), the troubles (troubles.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/io/sim/tls_random.h"
#include "lib/io/sim/world.h"
#include "tests/sim/clients.h"
#include "tests/sim/home.h"
#include "tests/sim/ledger.h"
#include "tests/sim/receiver.h"
#include "tests/sim/troubles.h"
#include "tests/sim/weather.h"

namespace sim {

struct Story {
  std::vector<std::string> violations;
  std::size_t accepted = 0;
  std::map<std::string_view, unsigned> troubles;
  base::Duration virtual_time{0};
  std::uint64_t hash = 0;
  std::string log;  // the servers' events, a line each
};

class Town {
 public:
  explicit Town(std::uint64_t seed);
  ~Town();
  Town(const Town&) = delete;
  Town& operator=(const Town&) = delete;

  [[nodiscard]] Story tell();

 private:
  void arrange();
  void arrange_tls();
  void live_through_trouble();
  void settle();
  void check_so_far();
  [[nodiscard]] static bool has_forgotten(const EventList& list);
  void check_end();
  void close();
  [[nodiscard]] Ledger::Evidence evidence();

  io::sim::TlsRandom tls_random_;
  io::sim::World world_;
  Weather weather_;
  Ledger ledger_;
  Home home_;
  Home away_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  Clients clients_;
  Troubles troubles_;
  Story story_;
};

}  // namespace sim
