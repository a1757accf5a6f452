// tools/bench/pingpong.h: what a round trip over loopback TCP costs.
//
// What:    two threads send 64 octets to and fro, on one core and on two.
// In/Out:  → PingPongReport.
// Errors:  sockets or threads that cannot be had.
// Limits:  groups_max and seconds_max for each of the two.
// Not here: real networks.
#pragma once

#include <optional>

#include "lib/base/result.h"

namespace bench {

struct PingPongReport {
  double one_core_us = 0;              // p50
  std::optional<double> two_cores_us;  // none: we may use one only
};

[[nodiscard]] base::Result<PingPongReport> measure_pingpong();

}  // namespace bench
