// directory/ldap/entry.h: what one LDAP entry says of a person or a group.
//
// What:    picks addresses, log-in and members out of attributes that anybody may have filled in.
// In/Out:  LdapEntry and LdapSchema → LdapUser, RawGroup.
// Errors:  none: a value that is no mail address is left out; without one there is no user.
// Limits:  addresses_max per entry; ldap_value_bytes_max (client.h).
// Not here: searching (reader.h), which domains are ours (contents.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/ldap/client.h"
#include "directory/ldap/contents.h"
#include "directory/ldap/schema.h"

namespace directory {

inline constexpr std::size_t ldap_addresses_max = 1'000;  // of one person or group
// Of a group with everything in it; what lies behind it is not asked for.
inline constexpr std::size_t ldap_members_bound = 100'000;

// A group whose members are not looked up yet.
struct RawGroup {
  std::string dn;
  std::vector<std::string> addresses;  // keys; may be empty: a group inside of others
  std::vector<std::string> members;    // DNs, uids or addresses, as the entry has them
  // Active Directory gives a large group in parts: the attribute and where its next part begins.
  std::string more_attribute = {};
  std::size_t more_from = 0;
};

[[nodiscard]] std::optional<LdapUser> user_of(const LdapEntry& entry, const LdapSchema& schema);
// The value that memberUid names; empty without one.
[[nodiscard]] std::string uid_of(const LdapEntry& entry, const LdapSchema& schema);
[[nodiscard]] RawGroup group_of(const LdapEntry& entry, const LdapSchema& schema);
// Adds the members of a further part; sets more_from, or clears more_attribute at the end.
void add_part(RawGroup& group, const LdapEntry& entry);

// The key of an address as people write it into LDAP: "You@Example.org", "SMTP:you@example.org".
[[nodiscard]] std::optional<std::string> ldap_address(std::string_view value);
// DNs that differ in case and in spaces around separators are one (RFC 4514, simplified: what is
// compared was written by one server).
[[nodiscard]] std::string dn_key(std::string_view dn);

}  // namespace directory
