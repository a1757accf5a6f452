// See schedule.h: operators, views, the watchdog's check and its remedy.
#include <fmt/format.h>

#include <algorithm>

#include "queue/schedule.h"

namespace queue {

bool Schedule::retry_now(std::uint32_t ticket, base::Time now) {
  Entry& entry = slots_[ticket];
  const bool late = entry.state == EntryState::late;
  if (entry.state != EntryState::waiting && entry.state != EntryState::ready && !late) return false;
  if (entry.scheduled) return false;
  if (entry.state == EntryState::waiting || late) {  // the others are in their order already
    displace(ticket);
    place(ticket, EntryState::ready);
  }
  entry.due = now;
  destinations_.unblock(entry.destination);
  return true;
}

bool Schedule::hold(MessageId id) {
  const auto found = index_.find(id);
  if (found == index_.end()) return false;
  for (std::uint32_t slot = found->second; slot != no_slot; slot = slots_[slot].sibling) {
    Entry& entry = slots_[slot];
    if (entry.state == EntryState::active || entry.state == EntryState::taken) {
      entry.hold_after = true;
    } else if (entry.state != EntryState::held) {
      displace(slot);
      place(slot, EntryState::held);
    }
  }
  return true;
}

bool Schedule::release(MessageId id, base::Time now) {
  const auto found = index_.find(id);
  if (found == index_.end()) return false;
  for (std::uint32_t slot = found->second; slot != no_slot; slot = slots_[slot].sibling) {
    Entry& entry = slots_[slot];
    entry.hold_after = false;
    const bool held = entry.state == EntryState::held;
    const bool scheduled = entry.scheduled && entry.due > now;
    if (held && scheduled) {  // the hold ends, its sender's wish does not
      place(slot, EntryState::waiting);
      continue;
    }
    if (!held && !(scheduled && entry.state == EntryState::waiting)) continue;
    displace(slot);
    entry.scheduled = false;
    entry.due = now;
    place(slot, EntryState::ready);
  }
  return true;
}

std::optional<Work> Schedule::take(std::uint32_t ticket) {
  Entry& entry = slots_[ticket];
  if (entry.state == EntryState::active || entry.state == EntryState::taken) return std::nullopt;
  CHECK(entry.state != EntryState::free, "an entry that is gone cannot be taken");
  entry.hold_after = entry.state == EntryState::held;
  displace(ticket);
  return begin(ticket, EntryState::taken);
}

base::Time Schedule::next_attempt(const Entry& entry) const {
  const DestinationState& destination = destinations_[entry.destination];
  const bool due = entry.state == EntryState::ready || entry.state == EntryState::late;
  const bool behind = due && destination.blocked;
  return behind ? std::max(entry.due, destination.blocked_until) : entry.due;
}

EntryView Schedule::view(std::uint32_t slot) const {
  const Entry& entry = slots_[slot];
  const DestinationState& destination = destinations_[entry.destination];
  return {.ticket = slot,
          .id = entry.id,
          .destination = destination.key,
          .recipients = entry.recipients(),
          .next_attempt = next_attempt(entry),
          .attempts = entry.attempts,
          .state = entry.state,
          .scheduled = entry.scheduled,
          .destination_reply = destination.last_reply};
}

std::vector<EntryView> Schedule::entries(MessageId id) const {
  std::vector<EntryView> views;
  const auto found = index_.find(id);
  if (found == index_.end()) return views;
  for (std::uint32_t slot = found->second; slot != no_slot; slot = slots_[slot].sibling) {
    views.push_back(view(slot));
  }
  return views;
}

std::uint32_t Schedule::glance(std::uint32_t from, std::uint32_t entries,
                               const std::function<void(const Glance&)>& visit) const {
  const std::uint32_t end = std::min(slots_.end(), from + std::min(entries, no_slot - from));
  for (std::uint32_t slot = from; slot < end; ++slot) {
    const Entry& entry = slots_[slot];
    if (entry.state == EntryState::free) continue;
    visit({.ticket = slot,
           .id = entry.id,
           .destination = entry.destination,
           .next_attempt = next_attempt(entry),
           .state = entry.state,
           .scheduled = entry.scheduled,
           .shared = entry.shared});
  }
  return end < slots_.end() ? end : no_slot;
}

void Schedule::sort_ready() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t index = 0; index < destinations_.end(); ++index) {
    destinations_[index].ready.each_list([&](EntryList& ready) {
      order.clear();
      for (std::uint32_t slot = ready.front(); slot != no_slot; slot = slots_[slot].next) {
        order.push_back(slot);
      }
      std::ranges::sort(order, {}, [this](std::uint32_t slot) { return slots_[slot].id; });
      for (const std::uint32_t slot : order) {
        ready.remove(slots_, slot);
        ready.push_back(slots_, slot);
      }
    });
  }
}

// --- the watchdog --------------------------------------------------------------------------------

std::string Schedule::check_entry(std::uint32_t slot) const {
  const Entry& entry = slots_[slot];
  if (entry.state == EntryState::free) return {};
  const auto wrong = [&](std::string_view what) {
    return fmt::format("message {} for {}: {}", entry.id.text(),
                       destinations_[entry.destination].key, what);
  };
  const auto head = index_.find(entry.id);
  if (head == index_.end()) return wrong("is not in the index");
  if (entry.recipient_count == 0) return wrong("has no recipients");
  if (destinations_[entry.destination].entries == 0) return wrong("its destination is gone");
  if ((entry.state == EntryState::waiting) != waiting_.holds(slots_, slot)) {
    return wrong("waits, but is not in its place in the order of time");
  }
  const bool listed = entry.state == EntryState::ready || entry.state == EntryState::expired ||
                      entry.state == EntryState::late || entry.state == EntryState::active;
  if (!listed && (entry.previous != no_slot || entry.next != no_slot)) {
    return wrong("is in a list where it does not belong");
  }
  if (!listed) return {};
  const EntryList* list = entry.state == EntryState::expired ? &expired_
                          : entry.state == EntryState::late  ? &late_
                          : entry.state == EntryState::active
                              ? &running_.list_of(entry)
                              : destinations_[entry.destination].ready.list_of(entry);
  const bool linked =
      list != nullptr && !list->empty() &&
      (entry.previous == no_slot ? list->front() == slot : slots_[entry.previous].next == slot);
  return linked ? std::string() : wrong("is due, but not in its list");
}

std::string Schedule::check(std::size_t entries_max) {
  for (; check_at_ < slots_.end() && entries_max > 0; ++check_at_, --entries_max) {
    if (std::string found = check_entry(check_at_); !found.empty()) return found;
  }
  if (check_at_ < slots_.end()) return {};
  check_at_ = 0;
  std::size_t entries = 0;
  std::size_t ready = 0;
  for (std::uint32_t index = 0; index < destinations_.end(); ++index) {
    const std::string_view found = destinations_.check(index);
    const DestinationState& destination = destinations_[index];
    if (!found.empty()) return fmt::format("{}: {}", destination.key, found);
    entries += destination.entries;
    ready += destination.ready.size();
  }
  if (entries != slots_.used()) return "the destinations' entries are not all the entries";
  if (index_.size() > slots_.used()) return "the index names more messages than there are entries";
  if (ready + waiting_.size() + expired_.size() + late_.size() + active_ > slots_.used()) {
    return "more entries are due, waiting or active than there are";
  }
  return {};
}

void Schedule::rebuild() {
  waiting_.clear();
  expired_.clear();
  late_.clear();
  running_.clear();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> attempts;
  for (std::uint32_t index = 0; index < destinations_.end(); ++index) {
    destinations_[index].ready.clear();
    destinations_[index].entries = 0;
  }
  index_.clear();
  for (std::uint32_t slot = 0; slot < slots_.end(); ++slot) {
    Entry& entry = slots_[slot];
    if (entry.state == EntryState::free) continue;
    entry.previous = no_slot;
    entry.next = no_slot;
    const std::uint32_t began = std::exchange(entry.place, no_slot);
    entry.sibling = no_slot;
    const auto [head, first] = index_.try_emplace(entry.id, slot);
    if (!first) entry.sibling = std::exchange(head->second, slot);
    ++destinations_[entry.destination].entries;
    place(slot, entry.state);
    if (entry.state == EntryState::active) attempts.emplace_back(began, slot);
  }
  std::ranges::sort(attempts);
  for (const auto& [began, slot] : attempts) {
    running_.begin(slots_, slot, base::Time(std::chrono::seconds(began)));
  }
}

std::size_t Schedule::memory_bytes() const {
  // A node: link, key, value; an allocator's rounding and header make 40 of the 24. A chunk of the
  // deque holds 512 bytes of entries and costs 24 more.
  constexpr std::size_t index_node = 40;
  std::size_t bytes = (slots_.end() + 7ULL) / 8 * (512 + 24) + waiting_.capacity() * 16 +
                      index_.size() * index_node + index_.bucket_count() * sizeof(void*);
  for (std::uint32_t slot = 0; slot < slots_.end(); ++slot) {
    if (slots_[slot].more) bytes += (slots_[slot].recipient_count - 1) * 4ULL + 16;
  }
  return bytes + destinations_.memory_bytes();
}

}  // namespace queue
