// tools/simulate/wire/server.h: our whole server on a simulated machine.
//
// What:    server::Assembly on the doors of a sim::Host: sessions, policy, journal, queue, delivery
//          and reports as they are in `serve`, with one loop.
// In/Out:  Plan's settings of [queue] and [delivery], zone text → start(), stop(), queue().
// Errors:  those of Assembly; no certificates to trust (tls_client).
// Limits:  those of the settings. Clients in relay_network may relay; nobody else speaks to it.
// Not here: whom it speaks to (hosts.h, clients.h), the tests' own server (tests/sim/home.h).
#pragma once

#include <memory>
#include <string>

#include "directory/directory.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "policy/state/state.h"
#include "server/assemble.h"
#include "tools/simulate/plan.h"

namespace simulate::wire {

class Server {
 public:
  static constexpr std::string_view address = "192.0.2.1";

  // What is given by reference outlives it.
  Server(io::sim::World& world, const Plan& plan, base::EventSink& events, base::Metrics& metrics);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] base::Result<> start(std::string_view zone);
  void stop();

  [[nodiscard]] static io::Endpoint endpoint();
  // Messages in the queue, reports among them.
  [[nodiscard]] std::size_t queued() const { return assembly_->queue().size(); }
  [[nodiscard]] std::uint64_t disk_bytes() { return machine_.disk().bytes_used(); }
  [[nodiscard]] const io::Clock& clock() { return machine_.doors().clock; }

 private:
  io::sim::World& world_;
  io::sim::Host machine_;
  base::EventSink& events_;
  base::Metrics& metrics_;
  config::Config config_;
  std::unique_ptr<directory::Directory> directory_;
  std::shared_ptr<io::TlsClient> tls_client_;
  std::unique_ptr<policy::State> state_;
  std::unique_ptr<dns::ZoneResolver> resolver_;
  std::unique_ptr<server::Assembly> assembly_;
};

}  // namespace simulate::wire
