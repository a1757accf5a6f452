// directory/ldap/contents.h: what an LDAP directory holds, and how it joins the SQLite one.
//
// What:    LdapContents are people and groups as read; merge() lays them beside SQLite's contents.
// In/Out:  Contents of the Store and LdapContents → Contents for one Snapshot; MergeCounts.
// Errors:  none: what cannot be used is left out and counted.
// Limits:  entries_max of the settings bounds the reading.
// Not here: reading them (reader.h), keeping them (cache.h), looking them up (snapshot.h).
//
// On the same address SQLite wins; among LDAP entries the first one. A person's mailbox is the
// first of the mail values that is in one of our domains: give each person one value, and put the
// others in an alias attribute, for LDAP itself knows no order of values (RFC 4511 §4.1.7).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/store.h"
#include "lib/base/time.h"

namespace directory {

struct LdapUser {
  std::vector<std::string> mails;    // keys (names.h); not empty
  std::vector<std::string> aliases;  // keys
  std::string login;                 // "jdoe", or an address; empty: only that of the mailbox

  bool operator==(const LdapUser&) const = default;
};

struct LdapGroup {
  std::vector<std::string> addresses;  // keys; not empty
  std::vector<std::string> members;    // keys

  bool operator==(const LdapGroup&) const = default;
};

struct LdapContents {
  std::vector<LdapUser> users;
  std::vector<LdapGroup> groups;
  std::vector<std::string> domains;  // that it answers for; empty: all domains of the Store
  std::size_t unusable = 0;          // entries without a usable address, members not found
  base::Time read_at{};

  // The same people and groups?
  [[nodiscard]] bool same_people(const LdapContents& other) const {
    return users == other.users && groups == other.groups;
  }
};

struct MergeCounts {
  std::size_t mailboxes = 0;
  std::size_t aliases = 0;
  std::size_t foreign = 0;  // people and group addresses in domains that are not ours
  std::size_t taken = 0;    // addresses that SQLite or an earlier entry has
};

[[nodiscard]] Contents merge(Contents sqlite, const LdapContents& ldap,
                             MergeCounts* counts = nullptr);

// The user's mailbox when these domains are ours: its first mail value in one of them.
[[nodiscard]] std::optional<std::string> mailbox_of(const LdapUser& user,
                                                    const std::vector<std::string>& domains);

}  // namespace directory
