// directory/expansion.h: the one way from an address to those who get its mail.
//
// What:    follows aliases, lists and copies from a recipient to mailboxes and other servers.
// In/Out:  Addresses, a recipient with its DSN parameters → Expansion (directory.h).
// Errors:  in Expansion::problem: a loop, a target that does not exist, an alias that is broken.
// Limits:  alias_recipients_max, alias_depth_max (settings.h).
// Not here: who is behind one address (addresses.h).
#pragma once

#include "directory/addresses.h"
#include "directory/settings.h"

namespace directory {

[[nodiscard]] Expansion expand(const Addresses& addresses, const Settings& settings,
                               const message::Recipient& recipient);

}  // namespace directory
