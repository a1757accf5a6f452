// lib/mailauth/dkim_key.h: key records in the DNS (RFC 6376 §3.6.1, RFC 8463 §4).
//
// What:    reads "v=DKIM1; k=rsa; p=…", says where it is asked for, and writes one for a key of
//          ours.
// In/Out:  TXT text ↔ DkimKeyRecord; text → strings of at most 255 octets for a zone file.
// Errors:  invalid, with words, for a record that nobody can use.
// Limits:  record_bytes_max; tags as in tag_list.h.
// Not here: asking the DNS (dkim_lookup.h, dkim_publish.h), the key's octets (dkim_crypto.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/mailauth/dkim_crypto.h"

namespace mailauth {

inline constexpr std::size_t key_record_bytes_max = 8192;  // an RSA key of 8192 bits takes 1.4 KiB
inline constexpr std::size_t txt_string_bytes_max = 255;   // RFC 1035 §3.3

struct DkimKeyRecord {
  std::string type = "rsa";   // k=, as written; only those of KeyType can be used
  std::string octets;         // p=, decoded; empty: the key was revoked
  bool allows_sha256 = true;  // h=
  bool serves_email = true;   // s=
  bool testing = false;       // t=y
  bool exact_domain = false;  // t=s: i= must have the very domain of d=
  std::string notes;          // n=

  [[nodiscard]] bool is_revoked() const { return octets.empty(); }
};

[[nodiscard]] base::Result<DkimKeyRecord> parse_key_record(std::string_view text);

// "SELECTOR._domainkey.DOMAIN".
[[nodiscard]] std::string key_record_name(std::string_view selector, std::string_view domain);
// "v=DKIM1; k=rsa; p=…".
[[nodiscard]] std::string key_record_text(const PublicKey& key, bool testing = false);
// For a zone file and for providers' forms that take no longer strings.
[[nodiscard]] std::vector<std::string> split_txt(std::string_view text);

}  // namespace mailauth
