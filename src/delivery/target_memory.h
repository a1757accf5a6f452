// delivery/target_memory.h: what was found out about servers, for a while.
//
// What:    a set of targets that forgets each after a time.
// In/Out:  remember(target), has(target).
// Errors:  none.
// Limits:  targets_max; beyond it all is forgotten: the worst that follows is one more try each.
// Not here: what it means (connect.cc).
#pragma once

#include <string>
#include <unordered_map>

#include "delivery/targets.h"
#include "lib/base/time.h"

namespace delivery {

class TargetMemory {
 public:
  static constexpr std::size_t targets_max = 10'000;

  explicit TargetMemory(base::Duration remember_for) : remember_for_(remember_for) {}
  void remember(const Target& target, base::Instant now);
  [[nodiscard]] bool has(const Target& target, base::Instant now) const;

 private:
  base::Duration remember_for_;
  std::unordered_map<std::string, base::Instant> until_;
};

}  // namespace delivery
