// directory/ldap/client.h: an LDAP server as the rest of ldap/ sees it.
//
// What:    LdapClient searches over one bound connection; LdapConnector makes such connections and
//          tries people's passwords on connections of their own.
// In/Out:  LdapSearch → entries, one call each; DN and password → is it the password?
// Errors:  unreachable, timed_out, tls, denied, not_found, invalid, limit, busy, io; words name the
//          server.
// Limits:  entries_max per search; value_bytes_max: longer values are left out.
// Not here: libldap (libldap_client.h), what entries mean (entry.h). Everything here blocks.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace directory {

// An address has 254 octets at most, a DN rarely a thousand.
inline constexpr std::size_t ldap_value_bytes_max = 4'096;

// Is it the server that is away, rather than an answer that we do not like?
[[nodiscard]] bool is_absence(const base::Error& error);

struct LdapAttribute {
  std::string name;  // as the server wrote it: "mail", "member;range=0-1499"
  std::vector<std::string> values;
};

struct LdapEntry {
  std::string dn;
  std::vector<LdapAttribute> attributes;
};

struct LdapSearch {
  std::string base;
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;
  bool base_only = false;  // this entry alone; else all below it, too
  std::size_t entries_max = 1'000;
};

class LdapClient {
 public:
  // Its error ends the search and is the search's.
  using Each = std::function<base::Result<>(LdapEntry)>;

  LdapClient() = default;
  LdapClient(const LdapClient&) = delete;
  LdapClient& operator=(const LdapClient&) = delete;
  virtual ~LdapClient() = default;
  [[nodiscard]] virtual base::Result<> search(const LdapSearch& what, const Each& each) = 0;
};

class LdapConnector {
 public:
  LdapConnector() = default;
  LdapConnector(const LdapConnector&) = delete;
  LdapConnector& operator=(const LdapConnector&) = delete;
  virtual ~LdapConnector() = default;

  // Bound as the settings say; the first server that answers. Thread-safe.
  [[nodiscard]] virtual base::Result<std::unique_ptr<LdapClient>> connect() const = 0;
  // Binds as `dn` on a connection of its own: false for invalidCredentials, an error for everything
  // else. Neither may be empty: that would be an anonymous bind, which succeeds (RFC 4513 §5.1.2).
  [[nodiscard]] virtual base::Result<bool> try_password(const std::string& dn,
                                                        const std::string& password) const = 0;
};

}  // namespace directory
