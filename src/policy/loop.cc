// See loop.h.
#include "policy/loop.h"

#include <fmt/format.h>

namespace policy {

Verdict check_loop(const Settings& settings, const Transaction& transaction) {
  if (transaction.received_fields <= settings.received_fields_max) return {};
  return reject(smtp::reply(
      554, {5, 4, 6},
      fmt::format("This message has passed {} servers and is going in a circle: check your "
                  "forwarding",
                  transaction.received_fields)));
}

}  // namespace policy
