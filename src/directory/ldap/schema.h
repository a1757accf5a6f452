// directory/ldap/schema.h: which entries and attributes make people and groups.
//
// What:    the settings with the defaults of their schema filled in.
// In/Out:  LdapSettings → LdapSchema.
// Errors:  none.
// Limits:  none.
// Not here: reading entries (entry.h), the settings' text (config/).
#pragma once

#include <string>
#include <vector>

#include "directory/settings.h"

namespace directory {

struct LdapSchema {
  std::string user_filter;
  std::string group_filter;
  std::string mail_attribute;
  std::vector<std::string> alias_attributes;
  std::vector<std::string> member_attributes;
  std::string uid_attribute;    // what memberUid names (RFC 2307)
  std::string login_attribute;  // empty: people log in with their address only

  [[nodiscard]] std::vector<std::string> user_attributes() const;
  [[nodiscard]] std::vector<std::string> group_attributes() const;
};

[[nodiscard]] LdapSchema schema_of(const LdapSettings& settings);

}  // namespace directory
