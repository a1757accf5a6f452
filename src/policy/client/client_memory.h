// policy/client/client_memory.h: what all loops know of clients together.
//
// What:    the standing of the lists, the rates of addresses, the greylist.
// In/Out:  one per process; ClientChecks of each loop use it.
// Errors:  none: a holder.
// Limits:  those of its parts.
// Not here: the checks (client_checks.h), where the greylist is kept (policy/state).
#pragma once

#include "policy/client/greylist.h"
#include "policy/client/list_watch.h"
#include "policy/client/rates.h"

namespace policy {

struct ClientMemory {
  ClientMemory(base::EventSink& events, base::Metrics& metrics) : lists(events, metrics) {}
  ListWatch lists;
  Rates rates;
  Greylist greylist;
};

}  // namespace policy
