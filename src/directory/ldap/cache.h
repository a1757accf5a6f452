// directory/ldap/cache.h: the last good copy of an LDAP directory, on disk.
//
// What:    so that a restart while LDAP is away still knows the people.
// In/Out:  LdapContents ↔ a file with a checksum, replaced as a whole, mode 0600.
// Errors:  not_found when there is none; corrupt when it is damaged or of other settings: then it
//          is as if there were none.
// Limits:  ldap_cache_bytes_max.
// Not here: when it is written (ldap_directory.h). No password or verifier is ever in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "directory/ldap/contents.h"
#include "directory/settings.h"
#include "lib/io/files.h"

namespace directory {

inline constexpr std::uint64_t ldap_cache_bytes_max = 512U << 20U;

// `source` tells which directory it is a copy of.
[[nodiscard]] std::string encode_ldap_cache(const LdapContents& contents, std::string_view source);
[[nodiscard]] base::Result<LdapContents> decode_ldap_cache(std::string_view text,
                                                           std::string_view source);

// Servers, base and filters as one word: with other settings it is another directory.
[[nodiscard]] std::string ldap_source(const LdapSettings& settings);

[[nodiscard]] base::Result<> save_ldap_cache(io::Files& files, const LdapSettings& settings,
                                             const LdapContents& contents);
[[nodiscard]] base::Result<LdapContents> load_ldap_cache(io::Files& files,
                                                         const LdapSettings& settings);

}  // namespace directory
