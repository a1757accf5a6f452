// policy/guard/tracks.h: failed log-ins per address and network.
//
// What:    one Track per network that failed lately; when there are too many the least telling go.
// In/Out:  find(), get(); the guard counts in what it gets.
// Errors:  none.
// Limits:  `max` tracks: a sweep makes room for a quarter of them, so that each costs O(1).
// Not here: thresholds and bans (login_guard.h).
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/guard/decay.h"
#include "policy/guard/prefix.h"
#include "policy/state/rows.h"

namespace policy {

struct Track {
  Decaying failures;
  Pending pending;
  std::uint32_t bans = 0;
  base::Time ban_end;  // of the last one
};

class Tracks {
 public:
  [[nodiscard]] Track* find(const io::IpNetwork& network);
  // Made when missing; only the last reference is good.
  [[nodiscard]] Track& get(const io::IpNetwork& network, base::Time now, std::size_t max);
  // The failures of the network and of all within it; nullopt: all.
  void forget(const std::optional<io::IpNetwork>& network);
  // So that take_changes() tells of it.
  void changed(const io::IpNetwork& network) { changed_.insert(network); }
  [[nodiscard]] std::size_t size() const { return tracks_.size(); }

  void load(const TrackRow& row);
  // Those whose last ban ended before `bans` and whose failures are from before `faded` go.
  void sweep(base::Time bans, base::Time faded);
  // What is worth keeping of the changed ones: bans that may be repeated, several failures.
  [[nodiscard]] Changed<TrackRow, io::IpNetwork> take_changes();

 private:
  void make_room(base::Time now, std::size_t max);

  std::unordered_map<io::IpNetwork, Track, NetworkHash, NetworkEqual> tracks_;
  std::unordered_set<io::IpNetwork, NetworkHash, NetworkEqual> changed_;
};

}  // namespace policy
