// lib/mailauth/spf_record.h: an SPF record as values (RFC 7208 §4.5–4.6, §5, §6).
//
// What:    parses the whole record before any of it is evaluated, so that a syntax error anywhere
//          is found whichever mechanism would have matched first (§4.6).
// In/Out:  "v=spf1 a mx/24 -all" → SpfRecord.
// Errors:  invalid, naming the term: the caller's permerror.
// Limits:  spf_record_bytes_max, spf_terms_max.
// Not here: look-ups and results (spf.h), macro expansion (spf_macro.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/address.h"

namespace mailauth {

inline constexpr std::size_t spf_record_bytes_max = 16'384;
inline constexpr std::size_t spf_terms_max = 500;

enum class SpfQualifier : std::uint8_t { pass, fail, softfail, neutral };  // + - ~ ?
enum class SpfKind : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

struct SpfMechanism {
  SpfQualifier qualifier = SpfQualifier::pass;
  SpfKind kind = SpfKind::all;
  std::string domain;        // domain-spec with macros; empty: the current domain
  io::IpNetwork network;     // ip4, ip6
  unsigned cidr4_bits = 32;  // a, mx
  unsigned cidr6_bits = 128;
  std::string text;  // as written, for the explanation of a result
};

struct SpfRecord {
  std::vector<SpfMechanism> mechanisms;
  std::string redirect;  // domain-spec; empty: none (§6.1)
  std::string exp;       // domain-spec; empty: none (§6.2)
};

// Does this TXT record claim to be SPF: "v=spf1" and then a space or the end (§4.5)?
[[nodiscard]] bool is_spf_record(std::string_view txt);
[[nodiscard]] base::Result<SpfRecord> parse_spf(std::string_view txt);

}  // namespace mailauth
