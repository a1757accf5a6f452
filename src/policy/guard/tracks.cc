// See tracks.h.
#include "policy/guard/tracks.h"

#include <algorithm>

namespace policy {
namespace {

constexpr double failures_worth_keeping = 3;
constexpr base::Duration sweep_half_life = std::chrono::hours(6);  // only orders the tracks

// How much would be lost with it: bans first, then failures, as they are by now.
double worth(const Track& track, base::Time now) {
  constexpr double of_a_ban = 1e6;
  return (track.bans * of_a_ban) + track.failures.at(now, sweep_half_life) + track.pending.at(now);
}

}  // namespace

Track* Tracks::find(const io::IpNetwork& network) {
  const auto at = tracks_.find(network);
  return at == tracks_.end() ? nullptr : &at->second;
}

Track& Tracks::get(const io::IpNetwork& network, base::Time now, std::size_t max) {
  if (Track* there = find(network)) return *there;
  if (tracks_.size() >= std::max<std::size_t>(max, 1)) make_room(now, max);
  return tracks_[network];
}

void Tracks::forget(const std::optional<io::IpNetwork>& network) {
  for (auto at = tracks_.begin(); at != tracks_.end();) {
    const auto here = at++;
    if (network && !within(here->first, *network)) continue;
    changed_.insert(here->first);
    tracks_.erase(here);
  }
}

void Tracks::make_room(base::Time now, std::size_t max) {
  std::vector<std::pair<double, io::IpNetwork>> order;
  order.reserve(tracks_.size());
  for (const auto& [network, track] : tracks_) order.emplace_back(worth(track, now), network);
  const std::size_t kept = max - std::min(max, std::max<std::size_t>(max / 4, 1));
  const std::size_t removed = order.size() - std::min(order.size(), kept);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(removed);
  std::ranges::nth_element(order, middle, {}, [](const auto& one) { return one.first; });
  for (auto at = order.begin(); at != middle; ++at) {
    changed_.insert(at->second);
    tracks_.erase(at->second);
  }
}

void Tracks::load(const TrackRow& row) {
  tracks_[row.network] = {.failures = {.count = row.failures, .seen = row.seen},
                          .pending = {},
                          .bans = row.bans,
                          .ban_end = row.ban_end};
}

void Tracks::sweep(base::Time bans, base::Time faded) {
  for (auto at = tracks_.begin(); at != tracks_.end();) {
    const auto here = at++;
    const Track& track = here->second;
    const bool banned = track.bans > 0 && track.ban_end > bans;
    if (banned || track.failures.seen > faded || track.pending.last > faded) continue;
    changed_.insert(here->first);
    tracks_.erase(here);
  }
}

Changed<TrackRow, io::IpNetwork> Tracks::take_changes() {
  Changed<TrackRow, io::IpNetwork> out;
  for (const io::IpNetwork& network : changed_) {
    const auto at = tracks_.find(network);
    const bool kept = at != tracks_.end() &&
                      (at->second.bans > 0 || at->second.failures.count >= failures_worth_keeping);
    if (!kept) {
      out.gone.push_back(network);
      continue;
    }
    const Track& track = at->second;
    out.set.push_back({.network = network,
                       .failures = track.failures.count,
                       .seen = track.failures.seen,
                       .bans = track.bans,
                       .ban_end = track.ban_end});
  }
  changed_.clear();
  return out;
}

}  // namespace policy
