// delivery/attempt.h: one attempt to send one message to one destination by SMTP.
//
// What:    find_targets → connect → greet → TLS → envelope → text → outcome, over the targets in
//          turn.
// In/Out:  Route and Parcel → one Outcome per recipient of the parcel.
// Errors:  all are outcomes. whole_destination is set when no server could be reached at all.
// Limits:  addresses_tried_max targets, attempt_timeout in all.
// Not here: the steps themselves (connect.h, transaction.h), local mail (maildir.h).
#pragma once

#include <memory>
#include <vector>

#include "delivery/connect.h"
#include "delivery/connection_pool.h"
#include "delivery/route.h"
#include "lib/base/event.h"
#include "lib/dns/resolver.h"
#include "queue/courier.h"

namespace delivery {

struct Carrier {
  Connector connector;
  dns::Resolver& resolver;
  ConnectionPool& pool;
  base::EventSink& events;
};

io::Task<std::vector<queue::Outcome>> attempt(Carrier carrier, Route route, queue::Parcel parcel);

}  // namespace delivery
