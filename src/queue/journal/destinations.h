// queue/journal/destinations.h: whole destinations that were put off.
//
// What:    the newest deferral of each destination, restated in each new segment.
// In/Out:  put() by the head and by replay (newest first there: put_older); in_force(now).
// Errors:  none.
// Limits:  destinations_max: beyond it the one that is due first is forgotten (it retries early).
// Not here: which message goes to which destination (queue/).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "queue/store.h"

namespace queue::journal {

class Destinations {
 public:
  static constexpr std::size_t destinations_max = 10'000;

  Destinations() = default;
  Destinations(const Destinations&) = delete;  // by_time_ points into defers_
  Destinations& operator=(const Destinations&) = delete;
  ~Destinations() = default;

  void put(const Defer& defer) {
    forget(defer.destination);
    add(defer);
  }
  // From an older segment: what is known already is newer.
  void put_older(const Defer& defer) {
    if (!defers_.contains(defer.destination)) add(defer);
  }
  // Those still in the future; the others are forgotten.
  [[nodiscard]] std::vector<Defer> in_force(base::Time now) {
    while (!by_time_.empty() && by_time_.begin()->first <= now) forget_earliest();
    std::vector<Defer> defers;
    defers.reserve(defers_.size());
    for (const auto& [key, defer] : defers_) defers.push_back(defer);
    return defers;
  }
  void clear() {
    by_time_.clear();
    defers_.clear();
  }

 private:
  void add(const Defer& defer) {
    const auto [at, is_new] = defers_.emplace(defer.destination, defer);
    if (is_new) by_time_.emplace(defer.next_attempt, at->first);
    if (defers_.size() > destinations_max) forget_earliest();
  }
  void forget(const std::string& destination) {
    const auto at = defers_.find(destination);
    if (at == defers_.end()) return;
    by_time_.erase({at->second.next_attempt, at->first});
    defers_.erase(at);
  }
  void forget_earliest() {
    const auto earliest = by_time_.begin();
    const auto at = defers_.find(earliest->second);
    by_time_.erase(earliest);
    defers_.erase(at);
  }

  std::map<std::string, Defer, std::less<>> defers_;
  // The same by time, so that with many thousands put off a further one costs no look at all.
  std::set<std::pair<base::Time, std::string_view>> by_time_;
};

}  // namespace queue::journal
