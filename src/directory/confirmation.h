// directory/confirmation.h: a second answer about an address that the snapshot does not know.
//
// What:    what LDAP, asked about this one address, says of it.
// In/Out:  LdapDirectory::confirm() → policy's answer to RCPT.
// Errors:  trouble is `uncertain`, never `unknown` (HOUSE invariant 4).
// Limits:  none.
// Not here: asking (ldap/ldap_directory.h), the reply (policy/recipient.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "directory/directory.h"

namespace directory {

struct Confirmation {
  enum class Answer : std::uint8_t {
    unknown,    // there is no such address: refuse
    known,      // there is, look into `snapshot`
    uncertain,  // nobody can say now: defer
  };
  Answer answer = Answer::unknown;
  std::shared_ptr<const Snapshot> snapshot = {};  // for `known`
  std::string why = {};                           // for `uncertain`
};

}  // namespace directory
