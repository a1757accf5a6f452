// server/bounce_counter.h: tells the ledger of sent mail which recipients were refused.
//
// What:    stands before the notifier that writes DSNs; counts failures of an account's mail.
// In/Out:  see queue/notifier.h; the answer is the other notifier's.
// Errors:  none.
// Limits:  counted are recipients outside our domains that failed by a 5yz: not those that expired,
//          not what an operator bounced.
// Not here: what follows from it (policy/limits/), DSNs (report/).
#pragma once

#include "directory/directory.h"
#include "policy/limits/sending_ledger.h"
#include "queue/notifier.h"

namespace server {

class BounceCounter final : public queue::Notifier {
 public:
  BounceCounter(queue::Notifier& next, policy::SendingLedger& ledger,
                const directory::Directory& directory)
      : next_(next), ledger_(ledger), directory_(directory) {}

  [[nodiscard]] std::optional<queue::NewMessage> report(
      const queue::MessageInfo& original, const std::vector<queue::ReportedRecipient>& recipients,
      queue::Quoted quoted, base::MessageId new_id, base::Time now) override;
  [[nodiscard]] std::uint64_t returned_bytes_max() const override {
    return next_.returned_bytes_max();
  }

 private:
  queue::Notifier& next_;
  policy::SendingLedger& ledger_;
  const directory::Directory& directory_;
};

}  // namespace server
