// See traffic.h.
#include "tools/simulate/traffic.h"

namespace simulate {
namespace {

// Any two numbers, so that both sequences differ from each other and from the simulation's own.
constexpr std::uint64_t of_traffic = 0x74726166;
constexpr std::uint64_t of_phases = 0x70686173;

}  // namespace

Traffic::Traffic(const Mail& mail, const Domains& domains, std::uint64_t seed)
    : arrivals_(mail), domains_(domains), random_(io::sim::mix(seed ^ of_traffic)) {}

std::optional<Coming> Traffic::next() {
  const auto when = arrivals_.next();
  if (!when) return std::nullopt;
  return Coming{.when = *when, .domain = domains_.draw(random_)};
}

std::vector<Receiver> make_receivers(const Scenario& scenario, const Domains& domains,
                                     std::uint64_t seed) {
  io::sim::SeededRandom random(io::sim::mix(seed ^ of_phases));
  std::vector<Receiver> out;
  out.reserve(domains.receivers().size());
  for (const std::uint32_t provider : domains.receivers()) {
    const double phase = static_cast<double>(random.number() >> 11U) * 0x1.0p-53;
    out.emplace_back(scenario.providers[provider], phase);
  }
  return out;
}

}  // namespace simulate
