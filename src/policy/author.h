// policy/author.h: the From that people read must be an address of who is logged in.
//
// What:    of a submission, every address of From, Sender, Resent-From and Resent-Sender must be
//          one that the account may send as; each of these fields stands there once at most.
// In/Out:  Transaction with its header → Verdict.
// Errors:  550 5.7.1 naming the address, the account and what an administrator can do; 550 5.6.0
//          for a field that is malformed, or a header that is too large to be looked through.
// Limits:  those of lib/message/address_list.h.
// Not here: the envelope's sender (sender.h), completing what is missing (submission.h).
#pragma once

#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

[[nodiscard]] Verdict check_author(const Transaction& transaction,
                                   const directory::Snapshot& known);

}  // namespace policy
