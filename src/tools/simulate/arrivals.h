// tools/simulate/arrivals.h: when each message is given to us.
//
// What:    spreads the messages over the days by their pattern: constant, a wave with its peak at
//          14:00 and quiet weekends, or bursts at 10:00 above that wave.
// In/Out:  next() → since the start, in order; nullopt after the last.
// Errors:  none.
// Limits:  exact to the minute; within it messages are spread evenly.
// Not here: to whom they go (domains.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/time.h"
#include "tools/simulate/scenario.h"

namespace simulate {

class Arrivals {
 public:
  explicit Arrivals(const Mail& mail);

  [[nodiscard]] std::optional<base::Duration> next();

 private:
  std::vector<std::uint64_t> until_;  // how many have come when each minute is over
  std::size_t minute_ = 0;
  std::uint64_t come_ = 0;
};

}  // namespace simulate
