// session/status.h: the counters of session/, which metrics and admin/ show.
//
// What:    references to the metrics series that sessions add to.
// In/Out:  made once per loop from a Metrics object.
// Errors:  none.
// Limits:  none.
// Not here: how they are printed (lib/base/metrics.h).
#pragma once

#include "lib/base/metrics.h"

namespace session {

struct Counters {
  explicit Counters(base::Metrics& metrics);

  base::Counter& connections;
  base::Counter& connections_refused;
  base::Counter& proxies_refused;
  base::Gauge& open;
  base::Counter& messages;
  base::Counter& submissions;
  base::Counter& message_bytes;
  base::Counter& refused;
  base::Counter& deferred;
  base::Counter& recipients_refused;
  base::Counter& tls_handshakes;
  base::Counter& tls_failures;
  base::Counter& auth_failures;
};

}  // namespace session
