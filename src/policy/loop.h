// policy/loop.h: a message that has gone in circles is refused (RFC 5321 §6.3).
//
// What:    counts Received fields; looks whether a recipient's mailbox has had the message already
//          (Delivered-To). Said before 250: a stranger who writes such a field would else make us
//          send a report to whomever he named as the sender.
// In/Out:  Transaction after the final dot → Verdict.
// Errors:  554 5.4.6.
// Limits:  received_fields_max.
// Not here: loops that begin after we took it (delivery/maildir).
#pragma once

#include "policy/settings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

[[nodiscard]] Verdict check_loop(const Settings& settings, const Transaction& transaction);

}  // namespace policy
