// See running.h.
#include "queue/running.h"

namespace queue {
namespace {

base::Time began(const Entry& entry) { return base::Time(std::chrono::seconds(entry.place)); }

}  // namespace

void Running::begin(Slots& slots, std::uint32_t slot, base::Time now) {
  slots[slot].place = seconds_of(now);
  slots[slot].slow = false;
  quick_.push_back(slots, slot);
}

void Running::end(Slots& slots, std::uint32_t slot) {
  Entry& entry = slots[slot];
  (entry.slow ? slow_ : quick_).remove(slots, slot);
  entry.slow = false;
  entry.place = no_slot;
}

void Running::age(Slots& slots, base::Time now, Limits limits) {
  while (!quick_.empty() && slow_.size() < limits.slow_max) {
    const std::uint32_t oldest = quick_.front();
    if (now - began(slots[oldest]) < limits.slow_after) return;
    quick_.remove(slots, oldest);
    slots[oldest].slow = true;
    slow_.push_back(slots, oldest);
  }
}

std::optional<base::Time> Running::next_aging(const Slots& slots, Limits limits) const {
  if (quick_.empty() || slow_.size() >= limits.slow_max) return std::nullopt;
  return began(slots[quick_.front()]) + limits.slow_after;
}

void Running::clear() {
  quick_.clear();
  slow_.clear();
}

}  // namespace queue
