// policy/recipient.h: rules about RCPT: is the address ours, does it exist, may this client relay?
//
// What:    local addresses must exist and are expanded; others need AUTH, a listed network or a
//          domain whose backup MX we are.
// In/Out:  Transaction and one recipient → verdict and the recipients it stands for.
// Errors:  550 5.1.1 unknown here, 550 5.7.1 no relaying, 451 4.3.0 when an alias is broken.
// Limits:  directory::Settings bounds an alias.
// Not here: expansion itself (directory/).
#pragma once

#include "directory/confirmation.h"
#include "policy/settings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

[[nodiscard]] RecipientVerdict check_recipient(const Settings& settings,
                                               const Transaction& transaction,
                                               const message::Recipient& recipient,
                                               const directory::Snapshot& known);

// The same once LDAP was asked about an address that the snapshot did not know.
[[nodiscard]] RecipientVerdict check_unknown(const Settings& settings,
                                             const Transaction& transaction,
                                             const message::Recipient& recipient,
                                             const directory::Confirmation& confirmed);

// By login or by listed network (HOUSE invariant 5).
[[nodiscard]] bool may_relay(const Settings& settings, const Transaction& transaction);

}  // namespace policy
