// policy/sender.h: rules about MAIL: who must log in, and whose address may be used.
//
// What:    on a submission port nobody sends without AUTH, with a log-in that was removed, changed
//          or has expired meanwhile, or from an address that is not his.
// In/Out:  Transaction with sender → Verdict.
// Errors:  530 5.7.0 without AUTH; 421 4.7.0 when the log-in is not good any more; 550 5.7.1 for
//          somebody else's address.
// Limits:  none.
// Not here: passwords (policy/login/), the header's From (author.h), SPF and its kin
//          (lib/mailauth).
#pragma once

#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

[[nodiscard]] Verdict check_sender(const Transaction& transaction,
                                   const directory::Snapshot& known);

}  // namespace policy
