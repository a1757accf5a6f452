// tests/sim/troubles.h: what befalls our servers, one thing after the other.
//
// What:    power cuts (at any moment, or at the n-th operation of the disk), a disk that fails, is
//          full, slow, or rots; clock jumps, reloads, stops; storms on the network, trouble in the
//          DNS, hosts that cannot be reached. The seed chooses.
// In/Out:  happen(): one more, and what the ledger must know of it; open() starts a server.
// Errors:  a server that does not start again, or complains of its journal, is a violation.
// Limits:  each lasts some minutes of virtual time.
// Not here: peers that misbehave by themselves (receiver.h, clients.h).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/sim/world.h"
#include "tests/sim/home.h"
#include "tests/sim/ledger.h"
#include "tests/sim/weather.h"

namespace sim {

class Troubles {
 public:
  struct Cast {
    io::sim::World& world;
    Ledger& ledger;
    Weather& weather;
    Home& home;
    Home& away;
    std::string zone;
    std::vector<std::string> hosts;  // of receivers
  };
  explicit Troubles(Cast cast) : cast_(std::move(cast)) {}

  void open(Home& home);
  void happen();
  // How often each kind has happened.
  [[nodiscard]] const std::map<std::string_view, unsigned>& counts() const { return counts_; }

 private:
  struct Kind {
    unsigned weight;
    std::string_view name;
    void (Troubles::*happens)(Home&);
  };
  static const std::vector<Kind>& kinds();

  void power_cut(Home& home);
  void power_cut_at_a_step(Home& home);
  void disk_errors(Home& home);
  void disk_full(Home& home);
  void slow_disk(Home& home);
  void bit_rot(Home& home);
  void clock_jump(Home& home);
  void reload(Home& home);
  void stop(Home& home);
  void storm(Home& home);
  void dns(Home& home);
  void unreachable(Home& home);
  void pass(std::uint64_t seconds_max);
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) {
    return cast_.world.random().below(limit);
  }

  Cast cast_;
  std::map<std::string_view, unsigned> counts_;
  base::Duration jumped_forward_{0};
};

}  // namespace sim
