// See target_memory.h.
#include "delivery/target_memory.h"

namespace delivery {

void TargetMemory::remember(const Target& target, base::Instant now) {
  if (until_.size() >= targets_max) {
    std::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
  }
  if (until_.size() >= targets_max) until_.clear();
  until_[target.text()] = now + remember_for_;
}

bool TargetMemory::has(const Target& target, base::Instant now) const {
  const auto found = until_.find(target.text());
  return found != until_.end() && found->second > now;
}

}  // namespace delivery
