// delivery/counters.h: the numbers of delivery/ in /metrics.
//
// What:    the counters, got once by name from base::Metrics.
// In/Out:  Counters(metrics); parts add to its members.
// Errors:  none.
// Limits:  fixed labels: no peer's words.
// Not here: the numbers of one moment (status.h), events (couriers.cc).
#pragma once

#include "lib/base/metrics.h"

namespace delivery {

struct Counters {
  explicit Counters(base::Metrics& metrics);

  // Recipients, by what became of them.
  base::Counter& local_delivered;
  base::Counter& local_deferred;
  base::Counter& local_failed;
  base::Counter& smtp_delivered;
  base::Counter& smtp_deferred;
  base::Counter& smtp_failed;
  base::Counter& connections_opened;
  base::Counter& connections_failed;
  base::Counter& connections_reused;
  base::Counter& connections_stale;
  base::Counter& tls_sessions;
  base::Counter& tls_fallbacks;
  base::Counter& logins_refused;
};

}  // namespace delivery
