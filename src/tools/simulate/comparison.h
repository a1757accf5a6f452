// tools/simulate/comparison.h: the same scenario in both modes, side by side.
//
// What:    how far apart two results are: the largest distance of their curves of what was
//          delivered, as a share of the messages, and when that was.
// In/Out:  Counts of one mode and of the other → Apart per provider; words for people.
// Errors:  none.
// Limits:  both have the same providers.
// Not here: why they differ (docs/simulate.md).
#pragma once

#include <string>
#include <vector>

#include "tools/simulate/counts.h"

namespace simulate {

// Beyond this one of both is worth a look.
inline constexpr double apart_max = 0.02;

struct Apart {
  std::string name;
  double share = 0;          // of its messages
  base::Duration when = {};  // the end of that hour
};

[[nodiscard]] Apart apart(const ProviderCounts& one, const ProviderCounts& other);
// One per provider, then all.
[[nodiscard]] std::vector<Apart> apart(const Counts& one, const Counts& other);
[[nodiscard]] std::string comparison_text(const Counts& bytes, const Counts& schedule);

}  // namespace simulate
