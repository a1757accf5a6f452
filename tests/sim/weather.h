// tests/sim/weather.h: what goes wrong on the way between machines, and what it excuses.
//
// What:    in a storm connections are refused, reset after any octet, stalled, closed on one side
//          or late; each break is written down.
// In/Out:  storm(), calm(); broke(link, when) for the ledger.
// Errors:  those of the simulated network: that is what it makes.
// Limits:  delay_max bounds how late octets are.
// Not here: peers that misbehave on purpose (receiver.h, clients.h).
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "lib/io/sim/network.h"
#include "lib/io/sim/world.h"

namespace sim {

// The two ends of one connection, in order.
struct Link {
  Link(const io::Endpoint& a, const io::Endpoint& b) : ends(std::minmax(a, b)) {}
  std::pair<io::Endpoint, io::Endpoint> ends;
  [[nodiscard]] bool joins(const io::IpAddress& a, const io::IpAddress& b) const;
  auto operator<=>(const Link&) const = default;
};

class Weather final : public io::sim::NetworkFaults {
 public:
  static constexpr base::Duration delay_max = std::chrono::seconds(30);

  explicit Weather(io::sim::World& world) : world_(world) {}

  void storm();
  void calm() { dice_.reset(); }
  [[nodiscard]] bool stormed() const { return stormed_; }  // ever
  // Something was cut off there about that time: nobody can know what the other side got.
  [[nodiscard]] bool broke(const Link& link, base::Instant when) const;
  [[nodiscard]] bool broke_between(const io::IpAddress& a, const io::IpAddress& b) const;

  io::sim::ConnectFault on_connect(const io::Endpoint& from, const io::Endpoint& to) override;
  io::sim::WriteFault on_write(const io::Endpoint& from, const io::Endpoint& to,
                               std::size_t bytes) override;
  io::sim::ReadFault on_read(const io::Endpoint& reader, const io::Endpoint& peer) override;

 private:
  io::sim::World& world_;
  std::unique_ptr<io::sim::RandomFaults> dice_;  // null: fine weather
  bool stormed_ = false;
  std::map<Link, std::vector<base::Instant>> breaks_;
};

}  // namespace sim
