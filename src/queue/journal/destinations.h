// queue/journal/destinations.h: whole destinations that were put off.
//
// What:    the newest deferral of each destination, restated in each new segment.
// In/Out:  put() by the head and by replay (newest first there: put_older); in_force(now).
// Errors:  none.
// Limits:  destinations_max: beyond it the one that is due first is forgotten (it retries early).
// Not here: which message goes to which destination (queue/).
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "queue/store.h"

namespace queue::journal {

class Destinations {
 public:
  static constexpr std::size_t destinations_max = 10'000;

  void put(const Defer& defer) {
    defers_.insert_or_assign(defer.destination, defer);
    shrink();
  }
  // From an older segment: what is known already is newer.
  void put_older(const Defer& defer) {
    defers_.try_emplace(defer.destination, defer);
    shrink();
  }
  // Those still in the future; the others are forgotten.
  [[nodiscard]] std::vector<Defer> in_force(base::Time now) {
    std::erase_if(defers_, [now](const auto& entry) { return entry.second.next_attempt <= now; });
    std::vector<Defer> defers;
    defers.reserve(defers_.size());
    for (const auto& [key, defer] : defers_) defers.push_back(defer);
    return defers;
  }

 private:
  void shrink() {
    if (defers_.size() <= destinations_max) return;
    const auto earlier = [](const auto& a, const auto& b) {
      return a.second.next_attempt < b.second.next_attempt;
    };
    defers_.erase(std::ranges::min_element(defers_, earlier));
  }

  std::map<std::string, Defer, std::less<>> defers_;
};

}  // namespace queue::journal
