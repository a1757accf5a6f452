// directory/ldap/libldap_client.h: LDAP by OpenLDAP's library.
//
// What:    the LdapConnector of the settings: TLS verified, referrals not followed, results paged
//          (RFC 2696), each network step with a timeout.
// In/Out:  LdapSettings → connections; see client.h.
// Errors:  see client.h; the words name the URL and the server's own diagnostic.
// Limits:  page_entries, response_bytes_max; timeout per step, for every URL in order.
// Not here: filters and entries (reader.h). Blocks: pool threads and the command line only.
#pragma once

#include <cstddef>
#include <memory>

#include "directory/ldap/client.h"
#include "directory/settings.h"
#include "lib/io/files.h"

namespace directory {

inline constexpr int ldap_page_entries = 500;  // Active Directory gives at most 1,000
inline constexpr std::size_t ldap_response_bytes_max = 64U << 20U;  // one entry; a group is large

// The files outlive it; the password is read anew for every connection.
[[nodiscard]] std::unique_ptr<LdapConnector> make_libldap_connector(const LdapSettings& settings,
                                                                    io::Files& files);

}  // namespace directory
