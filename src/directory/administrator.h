// directory/administrator.h: which log-ins open the web interface.
//
// What:    one more bit of Login::scopes (directory.h): the snapshot sets it for the own log-ins of
//          mailboxes that are marked, never for an app password.
// In/Out:  Login → yes or no.
// Errors:  none.
// Limits:  none.
// Not here: who is marked (store.h: MailboxFields::administrator), logging in (admin/).
#pragma once

#include <cstdint>

#include "directory/directory.h"

namespace directory {

inline constexpr std::uint8_t scope_administer = 4;

[[nodiscard]] inline bool may_administer(const Login& login) {
  return (login.scopes & scope_administer) != 0;
}

}  // namespace directory
