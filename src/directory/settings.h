// directory/settings.h: the settings of directory/.
//
// What:    where the directory is kept, and how a company's LDAP directory is read beside it.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: how they are read (config/).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace directory {

// People from LDAP (ldap/); off while `urls` is empty. What is empty below has the default of the
// schema (ldap/schema.h).
struct LdapSettings {
  enum class Schema : std::uint8_t { inet_org_person, active_directory };

  std::vector<std::string> urls;  // "ldaps://ldap.example.org", asked in this order
  bool start_tls = false;         // of ldap:// URLs
  std::string ca_file;            // PEM; empty: the system's
  std::string bind_dn;            // empty: anonymous
  std::string password_file;      // of bind_dn
  std::string base_dn;
  Schema schema = Schema::inet_org_person;
  std::string user_filter;
  std::string group_filter;
  std::string mail_attribute;
  std::vector<std::string> alias_attributes;
  std::vector<std::string> member_attributes;
  std::string login_attribute = "mail";
  std::vector<std::string> domains;  // that it answers for; empty: all of ours
  base::Duration timeout = std::chrono::seconds(5);
  base::Duration refresh_interval = std::chrono::seconds(60);
  // How long "nobody has this address" is believed: guessing must not become load on LDAP.
  base::Duration unknown_for = std::chrono::seconds(30);
  std::size_t entries_max = 200'000;  // people and groups, each
  // When more of the people than this are gone at once, rather LDAP is broken than the company.
  unsigned shrink_percent_max = 50;
  std::string cache_path;  // state folder + "/ldap-cache"

  [[nodiscard]] bool on() const { return !urls.empty(); }
};

// A file in the form of /etc/aliases (alias_files/).
struct AliasFileSetting {
  std::string path;
  std::vector<std::string> domains;  // whose names it has, the first for names that it leads to
  std::string lists_folder;          // where its :include: lists lie; empty: it may have none
};

struct Settings {
  std::string database_path;                  // state folder + "/directory.db"
  std::string database_group;                 // may read it, as Dovecot must; empty: we alone
  std::size_t alias_recipients_max = 10'000;  // addresses that one alias may expand to
  std::size_t alias_depth_max = 10;           // aliases that lead to aliases
  std::vector<AliasFileSetting> alias_files;
  LdapSettings ldap;
};

}  // namespace directory
