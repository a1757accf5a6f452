// See policy.h.
#include "policy/policy.h"

#include "policy/loop.h"
#include "policy/recipient.h"
#include "policy/sender.h"

namespace policy {

io::Task<Verdict> Policy::at_mail(io::Ref<const Transaction> transaction,
                                  io::Ref<const directory::Snapshot> known) {
  co_return check_sender(*transaction, *known);
}

io::Task<RecipientVerdict> Policy::at_rcpt(io::Ref<const Transaction> transaction,
                                           io::Ref<const message::Recipient> recipient,
                                           io::Ref<const directory::Snapshot> known) {
  co_return check_recipient(*settings_, *transaction, *recipient, *known);
}

io::Task<Verdict> Policy::at_end_of_data(io::Ref<const Transaction> transaction) {
  co_return check_loop(*settings_, *transaction);
}

}  // namespace policy
