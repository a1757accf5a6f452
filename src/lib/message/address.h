// lib/message/address.h: a mail address (RFC 5321 §4.1.2 Mailbox, RFC 6531 §3.3 with UTF-8).
//
// What:    Address is local part (stored unquoted) and domain; parse_address reads one, text()
//          writes it.
// In/Out:  text → Address; Address → text, quoted where needed; keys for comparing.
// Errors:  invalid, with words fit for a reply, for anything that the grammar does not allow.
// Limits:  domain_bytes_max, address_bytes_max as they stand on the wire.
// Not here: angle brackets and source routes (lib/smtp/command.h), header address lists, aliases.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace message {

inline constexpr std::size_t local_bytes_max = 64;     // RFC 5321 §4.5.3.1.1; of those that we make
inline constexpr std::size_t domain_bytes_max = 255;   // RFC 5321 §4.5.3.1.2
inline constexpr std::size_t address_bytes_max = 254;  // a path of 256 without < and > (§4.5.3.1.3)
inline constexpr std::size_t label_bytes_max = 63;     // RFC 1035 §2.3.4

// Both parts empty is the null sender <>. An empty domain with local "postmaster" is RFC 5321's
// <postmaster>. == compares the bytes; to match people, compare domain_key and local_key.
struct Address {
  std::string local;   // without quotes and backslashes
  std::string domain;  // "example.org", "[192.0.2.1]" or "[IPv6:2001:db8::1]", as given

  bool operator==(const Address&) const = default;
  [[nodiscard]] bool is_null() const { return local.empty() && domain.empty(); }
  // local@domain with the local part quoted if it must be; "" for the null sender.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_ascii() const;
  // With A-labels for U-labels: what may go where SMTPUTF8 is not understood, if the local part is
  // ASCII. A domain that is ASCII stays as it is.
  [[nodiscard]] Address with_a_labels() const;
};

struct AddressRules {
  bool utf8 = false;  // RFC 6531: UTF-8 in the local part, U-labels in the domain
};

[[nodiscard]] base::Result<Address> parse_address(std::string_view text, AddressRules rules = {});

// A domain name as RFC 5321 §4.1.2 writes it, no trailing dot. An underscore is let through, as
// every server does: hosts with one in their name exist and send mail.
[[nodiscard]] bool is_domain(std::string_view text, AddressRules rules = {});
// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 §4.1.3).
[[nodiscard]] bool is_address_literal(std::string_view text);

// What to compare and look up: lower case, A-labels, no trailing dot. A name that IDNA does not
// allow keeps its bytes.
[[nodiscard]] std::string domain_key(std::string_view domain);
// Lower case, and in the form NFC that RFC 6531 §3.3 and RFC 5198 ask for. RFC 5321 §2.4 calls
// local parts case sensitive; no mailbox of ours is.
[[nodiscard]] std::string local_key(std::string_view local);

}  // namespace message
