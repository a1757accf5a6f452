// See ready_list.h.
#include "queue/ready_list.h"

#include "lib/base/check.h"

namespace queue {

EntryList& ReadyList::level(Others& others, std::int8_t priority) {
  CHECK(priority >= -9 && priority <= 9 && priority != 0, "a priority is one of RFC 6710");
  return priority > 0 ? others.above.at(static_cast<std::size_t>(9 - priority))
                      : others.below.at(static_cast<std::size_t>(-priority - 1));
}

void ReadyList::push_back(Slots& slots, std::uint32_t slot) {
  const std::int8_t priority = slots[slot].priority;
  if (priority == 0) return usual_.push_back(slots, slot);
  if (!others_) others_ = std::make_unique<Others>();
  level(*others_, priority).push_back(slots, slot);
  ++others_->size;
  if (priority > 0) ++others_->urgent;
}

void ReadyList::remove(Slots& slots, std::uint32_t slot) {
  const std::int8_t priority = slots[slot].priority;
  if (priority == 0) return usual_.remove(slots, slot);
  CHECK(others_ != nullptr, "removed from where it is not");
  level(*others_, priority).remove(slots, slot);
  --others_->size;
  if (priority > 0) --others_->urgent;
}

void ReadyList::clear() {
  usual_.clear();
  others_.reset();
}

const EntryList* ReadyList::list_of(const Entry& entry) const {
  if (entry.priority == 0) return &usual_;
  return others_ ? &level(*others_, entry.priority) : nullptr;
}

std::uint32_t ReadyList::chosen(const Slots& slots) const {
  return others_->turn + 1 == turns_of_round ? oldest(slots) : most_urgent();
}

std::uint32_t ReadyList::most_urgent() const {
  for (const EntryList& list : others_->above) {
    if (!list.empty()) return list.front();
  }
  if (!usual_.empty()) return usual_.front();
  for (const EntryList& list : others_->below) {
    if (!list.empty()) return list.front();
  }
  return no_slot;
}

// Ids grow with time. The first of a list is the one that has been due for longest, which is as
// good.
std::uint32_t ReadyList::oldest(const Slots& slots) const {
  std::uint32_t found = usual_.front();
  const auto look = [&](const EntryList& list) {
    if (list.empty()) return;
    if (found == no_slot || slots[list.front()].id < slots[found].id) found = list.front();
  };
  for (const EntryList& list : others_->above) look(list);
  for (const EntryList& list : others_->below) look(list);
  return found;
}

}  // namespace queue
