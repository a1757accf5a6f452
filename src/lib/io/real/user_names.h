// lib/io/real/user_names.h: the users of this host by name and number.
//
// What:    what /etc/passwd and its kin say.
// In/Out:  a number → name and full name; nothing when nobody has it.
// Errors:  none: trouble counts as nobody.
// Limits:  blocks (LDAP and the like may be asked): not on a loop.
// Not here: passwords, groups (owner.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace io::real {

struct UserName {
  std::string name;       // "www-data"
  std::string full_name;  // the first part of GECOS; may be empty
};
[[nodiscard]] std::optional<UserName> user_name(std::uint32_t user);
// Of this process.
[[nodiscard]] std::uint32_t own_user();

}  // namespace io::real
