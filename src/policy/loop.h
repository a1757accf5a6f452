// policy/loop.h: a message that has gone in circles is refused (RFC 5321 §6.3).
//
// What:    counts Received fields.
// In/Out:  Transaction after the final dot → Verdict.
// Errors:  554 5.4.6.
// Limits:  received_fields_max.
// Not here: Delivered-To loops of one mailbox (delivery/maildir).
#pragma once

#include "policy/settings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

[[nodiscard]] Verdict check_loop(const Settings& settings, const Transaction& transaction);

}  // namespace policy
