// See bounce_counter.h.
#include "server/bounce_counter.h"

namespace server {

std::optional<queue::NewMessage> BounceCounter::report(
    const queue::MessageInfo& original, const std::vector<queue::ReportedRecipient>& recipients,
    queue::Quoted quoted, base::MessageId new_id, base::Time now) {
  if (!original.account.empty()) {
    const auto known = directory_.snapshot();
    for (const queue::ReportedRecipient& one : recipients) {
      if (one.action != queue::Action::failed) continue;
      const message::Address& to = original.envelope.recipients.at(one.recipient).address;
      const bool remote = !one.attempt.remote.empty() && !known->is_local_domain(to.domain);
      if (remote && !one.expired && one.attempt.reply.permanent()) {
        ledger_.bounced(original.account, now);
      }
    }
  }
  return next_.report(original, recipients, quoted, new_id, now);
}

}  // namespace server
