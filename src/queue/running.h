// queue/running.h: the attempts that run, and which of them have run for long.
//
// What:    begun attempts in the order of their beginning; those that outlive slow_after are
//          counted apart, so that hosts that do not answer hold no place that a healthy one needs.
// In/Out:  begin(slot), end(slot), age(now); quick() and slow() count them.
// Errors:  misuse is a CHECK.
// Limits:  slow_max of those that are counted apart; the others stay among the quick ones. A second
//          is the measure of time.
// Not here: whose turn it is (destinations.h), how many may run (schedule.h).
#pragma once

#include <cstddef>
#include <optional>

#include "lib/base/time.h"
#include "queue/entry.h"

namespace queue {

class Running {
 public:
  struct Limits {
    base::Duration slow_after;
    std::size_t slow_max = 0;
  };
  void begin(Slots& slots, std::uint32_t slot, base::Time now);
  void end(Slots& slots, std::uint32_t slot);
  void age(Slots& slots, base::Time now, Limits limits);
  // When age() will free a place; nullopt: it will not.
  [[nodiscard]] std::optional<base::Time> next_aging(const Slots& slots, Limits limits) const;
  [[nodiscard]] std::size_t slow() const { return slow_.size(); }
  [[nodiscard]] const EntryList& list_of(const Entry& entry) const {
    return entry.slow ? slow_ : quick_;
  }
  void clear();

 private:
  EntryList quick_;  // the oldest first
  EntryList slow_;
};

}  // namespace queue
