// tools/simulate/wire/byte_simulation.h: the whole server in the simulated Internet.
//
// What:    ByteSimulation lets clients bring the mail of a Plan to our server by SMTP; it is kept
//          in the journal on a simulated disk, sent to the same receivers as in simulation.h, over
//          a simulated network, and looked at when it arrives.
// In/Out:  start(), run() → counts(), figures(), wrong(). The same plan gives the same numbers.
// Errors:  start() says what the plan cannot be simulated for; what must not be is in wrong().
// Limits:  one loop; one recipient per message; memory for what is queued, on the simulated
//          disk.
// Not here: the mode without octets (simulation.h), faults of disk and network (tests/sim).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/metrics.h"
#include "lib/io/sim/random.h"
#include "lib/io/sim/world.h"
#include "tools/simulate/account.h"
#include "tools/simulate/figures.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/traffic.h"
#include "tools/simulate/wire/clients.h"
#include "tools/simulate/wire/hosts.h"
#include "tools/simulate/wire/observer.h"
#include "tools/simulate/wire/parcels.h"
#include "tools/simulate/wire/server.h"

namespace simulate::wire {

class ByteSimulation {
 public:
  ByteSimulation(Plan plan, std::uint64_t message_bytes, TellProgress tell);
  ~ByteSimulation();
  ByteSimulation(const ByteSimulation&) = delete;
  ByteSimulation& operator=(const ByteSimulation&) = delete;

  [[nodiscard]] base::Result<> start();
  void run();
  [[nodiscard]] const Counts& counts() const { return account_.counts(); }
  [[nodiscard]] const Figures& figures() const { return parcels_.figures(); }
  [[nodiscard]] const std::vector<std::string>& wrong() const { return account_.wrong(); }

 private:
  [[nodiscard]] base::Result<bench::MessageMaker> make_messages() const;
  [[nodiscard]] base::Duration now() const { return world_.now() - begin_; }
  [[nodiscard]] bool over();
  [[nodiscard]] bool hour_goes_by();
  void settle_accounts();

  Plan plan_;
  std::uint64_t message_bytes_;
  TellProgress tell_;
  io::sim::World world_;
  io::sim::SeededRandom random_;  // of the receivers
  base::Instant begin_;
  Domains domains_;
  Traffic traffic_;
  std::vector<Receiver> receivers_;
  Account account_;
  Parcels parcels_;
  Observer observer_;
  base::Metrics metrics_;
  Server server_;
  HostParts host_parts_;
  std::unique_ptr<Hosts> hosts_;
  std::unique_ptr<Clients> clients_;
};

}  // namespace simulate::wire
