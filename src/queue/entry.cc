// See entry.h.
#include "queue/entry.h"

#include <algorithm>

namespace queue {

std::uint32_t seconds_of(base::Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, 0xffffffffLL));
}

std::vector<std::uint32_t> Entry::recipients() const {
  std::vector<std::uint32_t> all;
  all.reserve(recipient_count);
  if (recipient_count > 0) all.push_back(first_recipient);
  for (std::uint32_t i = 1; i < recipient_count; ++i) all.push_back(more[i - 1]);
  return all;
}

void Entry::set_recipients(std::span<const std::uint32_t> recipients) {
  CHECK(!recipients.empty(), "an entry without recipients would never end");
  first_recipient = recipients.front();
  recipient_count = static_cast<std::uint32_t>(recipients.size());
  more.reset();
  if (recipients.size() == 1) return;
  more = std::make_unique_for_overwrite<std::uint32_t[]>(recipients.size() - 1);
  std::copy(recipients.begin() + 1, recipients.end(), more.get());
}

std::uint32_t Slots::take() {
  ++used_;
  if (free_ == no_slot) {
    CHECK(entries_.size() < no_slot, "more entries than numbers");
    entries_.emplace_back();
    return end() - 1;
  }
  const std::uint32_t slot = free_;
  free_ = entries_[slot].next;
  entries_[slot] = Entry{};
  return slot;
}

void Slots::give_back(std::uint32_t slot) {
  CHECK(used_ > 0 && entries_[slot].state != EntryState::free, "a slot is given back once");
  --used_;
  entries_[slot] = Entry{};
  entries_[slot].next = free_;
  free_ = slot;
}

void EntryList::push_back(Slots& slots, std::uint32_t slot) {
  Entry& entry = slots[slot];
  CHECK(entry.previous == no_slot && entry.next == no_slot, "an entry is in one list at most");
  entry.previous = last_;
  if (last_ == no_slot) {
    first_ = slot;
  } else {
    slots[last_].next = slot;
  }
  last_ = slot;
  ++size_;
}

void EntryList::remove(Slots& slots, std::uint32_t slot) {
  CHECK(size_ > 0, "removed from an empty list");
  Entry& entry = slots[slot];
  (entry.previous == no_slot ? first_ : slots[entry.previous].next) = entry.next;
  (entry.next == no_slot ? last_ : slots[entry.next].previous) = entry.previous;
  entry.previous = no_slot;
  entry.next = no_slot;
  --size_;
}

}  // namespace queue
