// tools/simulate/wire/hosts.h: all receivers of the scenario on the simulated network, and the DNS
// that leads to them.
//
// What:    one machine with an address per receiver and MX address listens on port 25; outages are
//          faults of the network; zone() has MX and A of every domain. A second machine takes the
//          reports to senders.
// In/Out:  make() → start(), stop(); ProviderHost and SenderHost per connection.
// Errors:  invalid when the scenario has more addresses than 10.0.0.0/8.
// Limits:  addresses_max; some 700 octets per domain, most of it DNS.
// Not here: what a host says (provider_host.h), our own server (server.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/metrics.h"
#include "lib/io/sim/host.h"
#include "lib/io/task_group.h"
#include "tools/simulate/domains.h"
#include "tools/simulate/wire/provider_host.h"

namespace simulate::wire {

class Hosts final : public io::sim::NetworkFaults {
 public:
  static constexpr std::size_t addresses_max = (1U << 24U) - 2;

  // All outlive it. `stale` is the server's own count (delivery/counters.h).
  struct Parts {
    io::sim::World& world;
    const Scenario& scenario;
    const Domains& domains;
    std::vector<Receiver>& receivers;
    const HostParts& host;
    const base::Counter& stale;
  };
  [[nodiscard]] static base::Result<std::unique_ptr<Hosts>> make(const Parts& parts);
  ~Hosts() override;

  [[nodiscard]] base::Result<> start();
  void stop();
  // "d1.tarpit.example MX 10 mx3.tarpit.example" and so on, for dns::ZoneResolver.
  [[nodiscard]] std::string zone() const;
  // Kept connections that were found dead since the last connection was opened.
  void count_stale(std::uint32_t provider);

  io::sim::ConnectFault on_connect(const io::Endpoint& from, const io::Endpoint& to) override;
  io::sim::WriteFault on_write(const io::Endpoint& from, const io::Endpoint& to,
                               std::size_t bytes) override;

 private:
  Hosts(const Parts& parts, const std::vector<std::string>& addresses);
  // Which receiver listens there.
  [[nodiscard]] std::optional<std::uint32_t> receiver_at(const io::IpAddress& address) const;
  [[nodiscard]] base::Result<std::unique_ptr<io::Listener>> listen(io::sim::Host& machine);
  [[nodiscard]] std::unique_ptr<Manners> manners_at(const io::IpAddress& address) const;
  io::Task<void> accept(io::Ref<io::Listener> listener);
  io::Task<void> converse(std::unique_ptr<io::Stream> stream);

  Parts parts_;
  std::vector<std::uint32_t> receivers_by_address_;  // the first has 10.0.0.1
  io::sim::Host machine_;
  io::sim::Host sender_machine_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::Listener> sender_listener_;
  std::uint64_t stale_seen_ = 0;
  io::TaskGroup tasks_;
};

}  // namespace simulate::wire
