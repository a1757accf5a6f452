// See weather.h.
#include "tests/sim/weather.h"

#include <algorithm>

namespace sim {
namespace {

// A conversation has some thirty operations: about every third of them breaks.
constexpr io::sim::FaultRates storm_rates = {.connect_refused = 0.05,
                                             .connect_timeout = 0.03,
                                             .write_reset = 0.008,
                                             .write_stall = 0.003,
                                             .write_half_close = 0.004,
                                             .write_delay = 0.03,
                                             .delay_max = Weather::delay_max,
                                             .read_reset = 0.003};

}  // namespace

bool Link::joins(const io::IpAddress& a, const io::IpAddress& b) const {
  const auto& [one, other] = ends;
  return (one.address == a && other.address == b) || (one.address == b && other.address == a);
}

void Weather::storm() {
  stormed_ = true;
  dice_ = std::make_unique<io::sim::RandomFaults>(world_.random().fork(), storm_rates);
}

bool Weather::broke(const Link& link, base::Instant when) const {
  const auto found = breaks_.find(link);
  if (found == breaks_.end()) return false;
  // What was written before the break may arrive, and what arrived be answered, so much later.
  const base::Duration apart = 2 * delay_max;
  return std::ranges::any_of(
      found->second, [&](base::Instant at) { return at >= when - apart && at <= when + apart; });
}

bool Weather::broke_between(const io::IpAddress& a, const io::IpAddress& b) const {
  return std::ranges::any_of(breaks_, [&](const auto& entry) { return entry.first.joins(a, b); });
}

io::sim::ConnectFault Weather::on_connect(const io::Endpoint& from, const io::Endpoint& to) {
  return dice_ ? dice_->on_connect(from, to) : io::sim::ConnectFault::ok;
}

io::sim::WriteFault Weather::on_write(const io::Endpoint& from, const io::Endpoint& to,
                                      std::size_t bytes) {
  if (!dice_) return {};
  const io::sim::WriteFault fault = dice_->on_write(from, to, bytes);
  if (fault.kind != io::sim::WriteFault::Kind::pass) {
    breaks_[Link(from, to)].push_back(world_.now());
  }
  return fault;
}

io::sim::ReadFault Weather::on_read(const io::Endpoint& reader, const io::Endpoint& peer) {
  if (!dice_) return io::sim::ReadFault::pass;
  const io::sim::ReadFault fault = dice_->on_read(reader, peer);
  if (fault == io::sim::ReadFault::reset) breaks_[Link(reader, peer)].push_back(world_.now());
  return fault;
}

}  // namespace sim
