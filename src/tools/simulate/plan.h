// tools/simulate/plan.h: what is to be simulated.
//
// What:    a scenario, the settings that are tried in it, and a seed; what is told meanwhile.
// In/Out:  the command line fills it; both modes take it.
// Errors:  none.
// Limits:  those of scenario.h.
// Not here: the simulation without octets (simulation.h), that with them (wire/).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "delivery/settings.h"
#include "lib/base/time.h"
#include "queue/settings.h"
#include "tools/simulate/scenario.h"

namespace simulate {

struct Plan {
  Scenario scenario;
  std::shared_ptr<const queue::Settings> queue;
  std::shared_ptr<const delivery::Settings> delivery;
  std::uint64_t seed = 1;
  bool cut = false;  // when the days are over, though messages wait
};

// For whoever waits: called once per virtual hour.
struct Progress {
  base::Duration now = {};
  std::uint64_t arrived = 0;
  std::uint64_t queued = 0;
};
using TellProgress = std::function<void(const Progress&)>;

}  // namespace simulate
