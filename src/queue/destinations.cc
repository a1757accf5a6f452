// See destinations.h.
#include "queue/destinations.h"

#include <algorithm>

#include "queue/courier.h"

namespace queue {

std::uint32_t Destinations::intern(std::string_view key) {
  if (const auto found = index_.find(key); found != index_.end()) return found->second;
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = end();
    states_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  DestinationState& state = states_[index];
  // Its last turn may still be in the ring; next_runnable() passes over it, or it comes in handy.
  const bool in_ring = state.in_ring;
  const bool in_urgent_ring = state.in_urgent_ring;
  state = DestinationState{};
  state.in_ring = in_ring;
  state.in_urgent_ring = in_urgent_ring;
  state.key = key;
  state.local = key.starts_with(local_destination);
  index_.emplace(state.key, index);
  return index;
}

std::optional<std::uint32_t> Destinations::find(std::string_view key) const {
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

void Destinations::release_if_unused(std::uint32_t index) {
  DestinationState& state = states_[index];
  if (state.entries > 0) return;
  CHECK(state.active == 0 && state.ready.empty(), "an unused destination has nothing left to do");
  if (state.blocked) blocked_.erase({state.blocked_until, index});
  state.blocked = false;
  index_.erase(state.key);
  free_.push_back(index);
}

std::size_t Destinations::memory_bytes() const {
  constexpr std::size_t index_node = sizeof(void*) * 2 + sizeof(std::string_view) + 32;
  std::size_t bytes = states_.size() * sizeof(DestinationState) + free_.capacity() * 4 +
                      index_.size() * index_node + index_.bucket_count() * sizeof(void*);
  for (const DestinationState& state : states_) {
    bytes += state.key.capacity() > 15 ? state.key.capacity() : 0;
    bytes += state.last_reply.capacity() > 15 ? state.last_reply.capacity() : 0;
    bytes += state.ready.memory_bytes();
  }
  return bytes + blocked_.size() * 64 + (ring_.size() + urgent_ring_.size()) * 4;
}

bool Destinations::can_start(const DestinationState& state) const {
  return !state.blocked && !state.ready.empty() &&
         state.active < std::min(state.window, limit(state));
}

void Destinations::offer(std::uint32_t index) {
  DestinationState& state = states_[index];
  if (!can_start(state)) return;
  if (state.ready.urgent() && !state.in_urgent_ring) {
    state.in_urgent_ring = true;
    urgent_ring_.push_back(index);
  }
  if (state.in_ring) return;
  state.in_ring = true;
  ring_.push_back(index);
}

std::optional<std::uint32_t> Destinations::next_urgent() {
  while (!urgent_ring_.empty()) {
    const std::uint32_t index = urgent_ring_.front();
    urgent_ring_.pop_front();
    states_[index].in_urgent_ring = false;
    if (states_[index].ready.urgent() && can_start(states_[index])) return index;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Destinations::next_runnable() {
  if (!urgent_ring_.empty() && ++turn_ % ReadyList::turns_of_round != 0) {
    if (const auto urgent = next_urgent()) return urgent;
  }
  while (!ring_.empty()) {
    const std::uint32_t index = ring_.front();
    ring_.pop_front();
    states_[index].in_ring = false;
    if (can_start(states_[index])) return index;
  }
  return std::nullopt;
}

void Destinations::block(std::uint32_t index, base::Time until) {
  DestinationState& state = states_[index];
  CHECK(!state.blocked, "a blocked destination has its time already");
  state.blocked = true;
  state.blocked_until = until;
  state.window = 1;
  blocked_.emplace(until, index);
}

void Destinations::unblock(std::uint32_t index) {
  DestinationState& state = states_[index];
  if (!state.blocked) return;
  blocked_.erase({state.blocked_until, index});
  state.blocked = false;
  offer(index);
}

void Destinations::unblock_due(base::Time now) {
  while (!blocked_.empty() && blocked_.begin()->first <= now) unblock(blocked_.begin()->second);
}

void Destinations::revive(std::uint32_t index) {
  DestinationState& state = states_[index];
  state.failures = 0;
  // An older attempt may succeed while a younger one has blocked it: the backoff stays, for the
  // failure is the later news.
  if (state.blocked) return;
  state.last_reply.clear();
  state.window = state.window < limit(state) ? state.window + 1 : DestinationState::wide_open;
}

std::optional<base::Time> Destinations::next_unblock() const {
  if (blocked_.empty()) return std::nullopt;
  return blocked_.begin()->first;
}

void Destinations::set_limits(DestinationLimits limits) {
  limits_ = limits;
  for (const auto& [key, index] : index_) offer(index);
}

std::string_view Destinations::check(std::uint32_t index) const {
  const DestinationState& state = states_[index];
  if (state.entries == 0) {
    if (!state.ready.empty() || state.active != 0) return "an unused destination is not empty";
    return {};
  }
  if (const auto found = find(state.key); !found || *found != index) {
    return "a destination is not in the index";
  }
  if (state.ready.size() + state.active > state.entries) return "a destination counts wrongly";
  if (state.blocked != blocked_.contains({state.blocked_until, index})) {
    return "a blocked destination has no time to end it";
  }
  if (can_start(state) && !state.in_ring) return "a destination that may start is not in the ring";
  return {};
}

}  // namespace queue
