// directory/ldap/reader.h: people and groups by LDAP searches.
//
// What:    reads all of them, or finds the one that has an address.
// In/Out:  LdapClient and settings → LdapContents; address → LdapFound; mailbox → DN.
// Errors:  the client's; limit when there are more than entries_max; nothing is returned in part.
// Limits:  entries_max, ldap_group_depth_max, ldap_members_bound per group.
// Not here: connections (client.h), when it is read (ldap_directory.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "directory/ldap/client.h"
#include "directory/ldap/contents.h"
#include "directory/ldap/entry.h"
#include "directory/ldap/schema.h"

namespace directory {

inline constexpr int ldap_group_depth_max = 10;  // groups without address inside of groups

struct LdapFound {
  std::optional<LdapUser> user;
  bool group = false;
  [[nodiscard]] bool any() const { return user.has_value() || group; }
};

class LdapReader {
 public:
  explicit LdapReader(const LdapSettings& settings);

  [[nodiscard]] base::Result<LdapContents> read_all(LdapClient& client) const;
  // Who has one of these addresses, as mail or alias?
  [[nodiscard]] base::Result<LdapFound> find(LdapClient& client,
                                             const std::vector<std::string>& keys) const;
  // Of the one person whose mailbox this is; empty: nobody. Several: invalid, for then nobody can
  // say whose password is meant.
  [[nodiscard]] base::Result<std::string> find_dn(LdapClient& client,
                                                  const std::string& mailbox) const;
  [[nodiscard]] const LdapSchema& schema() const { return schema_; }

 private:
  [[nodiscard]] LdapSearch users() const;
  [[nodiscard]] LdapSearch groups() const;
  [[nodiscard]] std::string address_filter(const std::vector<std::string>& keys) const;
  [[nodiscard]] base::Result<> read_parts(LdapClient& client, RawGroup& group) const;

  const std::string base_dn_;
  const std::size_t entries_max_;
  const std::vector<std::string> domains_;
  const LdapSchema schema_;
};

}  // namespace directory
