// queue/destinations.h: one small state per destination: who may start an attempt now.
//
// What:    interned destinations, each with its due entries, its running attempts, its window and
//          its backoff; round robin among those that may start, first among those that have urgent
//          mail (but for one turn of eight).
// In/Out:  intern(key) → number; next_runnable() → whose turn it is; block(), unblock_due(),
//          revive().
// Errors:  misuse is a CHECK.
// Limits:  DestinationLimits, attempts at once; one after a failure, one more per success.
// Not here: single messages' times (schedule.h), connections (delivery/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "lib/base/time.h"
#include "queue/entry.h"
#include "queue/ready_list.h"

namespace queue {

struct DestinationState {
  static constexpr std::uint32_t wide_open = std::numeric_limits<std::uint32_t>::max();

  std::string key;
  ReadyList ready;
  base::Time blocked_until;   // while blocked
  std::string last_reply;     // why it was blocked; kept until it works again
  std::uint32_t entries = 0;  // that name it, in any state
  std::uint32_t active = 0;   // attempts that run
  std::uint32_t window = wide_open;
  std::uint16_t failures = 0;  // since it last worked
  bool blocked = false;
  bool in_ring = false;
  bool in_urgent_ring = false;
  bool local = false;  // mailboxes of ours
};

// Attempts at once per destination.
struct DestinationLimits {
  std::uint32_t others = 1;
  std::uint32_t local = 1;
};

class Destinations {
 public:
  explicit Destinations(DestinationLimits limits) : limits_(limits) {}
  Destinations(const Destinations&) = delete;
  Destinations& operator=(const Destinations&) = delete;

  // The destination's number; made when there is none.
  [[nodiscard]] std::uint32_t intern(std::string_view key);
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view key) const;
  // Forgets it (its backoff too) when no entry names it any more.
  void release_if_unused(std::uint32_t index);

  DestinationState& operator[](std::uint32_t index) { return states_[index]; }
  const DestinationState& operator[](std::uint32_t index) const { return states_[index]; }
  [[nodiscard]] std::size_t size() const { return index_.size(); }
  [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(states_.size()); }
  [[nodiscard]] std::size_t memory_bytes() const;

  // It got due entries or a free place: let it take its turn.
  void offer(std::uint32_t index);
  // Takes the turn of the first destination that may start; it is offered again by the caller.
  [[nodiscard]] std::optional<std::uint32_t> next_runnable();

  // Nothing starts until then; afterwards a single probe.
  void block(std::uint32_t index, base::Time until);
  void unblock(std::uint32_t index);
  void unblock_due(base::Time now);
  // It was reached: no failures, and one more attempt at once.
  void revive(std::uint32_t index);
  [[nodiscard]] std::optional<base::Time> next_unblock() const;

  void set_limits(DestinationLimits limits);
  [[nodiscard]] bool can_start(const DestinationState& state) const;
  // "" or what is wrong with this one.
  [[nodiscard]] std::string_view check(std::uint32_t index) const;

 private:
  [[nodiscard]] std::uint32_t limit(const DestinationState& state) const {
    return state.local ? limits_.local : limits_.others;
  }

  // Whether it may start is seen when its turn comes.
  [[nodiscard]] std::optional<std::uint32_t> next_urgent();

  DestinationLimits limits_;
  std::deque<DestinationState> states_;  // a deque: keys in index_ point into it
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::string_view, std::uint32_t> index_;
  std::deque<std::uint32_t> ring_;         // all that may start
  std::deque<std::uint32_t> urgent_ring_;  // those of them that have urgent mail
  unsigned turn_ = 0;
  std::set<std::pair<base::Time, std::uint32_t>> blocked_;
};

}  // namespace queue
