// tools/simulate/traffic.h: which mail comes when, and to whom: the same for equal seeds.
//
// What:    Traffic gives each message its time and its domain; make_receivers() makes the hosts.
// In/Out:  next() → Coming, in order; nullopt after the last.
// Errors:  none.
// Limits:  none.
// Not here: how many when (arrivals.h), shares of the domains (domains.h), what a message fares
//          (account.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/sim/random.h"
#include "tools/simulate/arrivals.h"
#include "tools/simulate/domains.h"
#include "tools/simulate/receiver.h"
#include "tools/simulate/scenario.h"

namespace simulate {

struct Coming {
  base::Duration when = {};  // since the start
  std::uint32_t domain = 0;
};

// Draws from numbers of its own: what the server and the receivers do changes nothing of the mail.
class Traffic {
 public:
  // `domains` outlives it.
  Traffic(const Mail& mail, const Domains& domains, std::uint64_t seed);

  [[nodiscard]] std::optional<Coming> next();

 private:
  Arrivals arrivals_;
  const Domains& domains_;
  io::sim::SeededRandom random_;
};

// One for each of domains.receivers(), with the phase of its outages. The scenario outlives them.
[[nodiscard]] std::vector<Receiver> make_receivers(const Scenario& scenario, const Domains& domains,
                                                   std::uint64_t seed);

}  // namespace simulate
