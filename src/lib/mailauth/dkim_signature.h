// lib/mailauth/dkim_signature.h: what a DKIM-Signature, ARC-Message-Signature or ARC-Seal says.
//
// What:    reads the field's tags (RFC 6376 §3.5, RFC 8617 §4.1) and checks what can be checked
//          without the message and the DNS.
// In/Out:  a header field → Signature.
// Errors:  unsupported for what another verifier might understand (an unknown a=, c= or q=),
//          invalid for everything that is wrong.
// Limits:  SignatureLimits; tags as in tag_list.h.
// Not here: keys and hashes (dkim_lookup.h, dkim_verifier.h), times (they need a clock), ARC
//          chains (arc_set.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/mailauth/dkim_body.h"
#include "lib/mailauth/tag_list.h"
#include "lib/message/header.h"

namespace mailauth {

enum class SignatureKind : std::uint8_t { dkim, arc_message, arc_seal };

enum class SignatureAlgorithm : std::uint8_t { rsa_sha256, ed25519_sha256, rsa_sha1 };
[[nodiscard]] std::string_view to_string(SignatureAlgorithm algorithm);

struct SignatureLimits {
  std::size_t names_max = 1000;  // in h=
};

struct Signature {
  SignatureAlgorithm algorithm = SignatureAlgorithm::rsa_sha256;
  Canonicalization header_form = Canonicalization::simple;
  BodyHashKind body;
  std::string domain;                           // d=: lower case, A-labels
  std::string selector;                         // s=, likewise
  std::string identity;                         // i=, decoded; "@" and d= when there is none
  std::string identity_domain;                  // of i=: lower case, A-labels
  std::vector<std::string> names;               // h=, lower case
  std::string body_hash;                        // bh=, decoded
  std::string octets;                           // b=, decoded
  std::optional<std::int64_t> signed_seconds;   // t=
  std::optional<std::int64_t> expires_seconds;  // x=
  std::string chain;                            // cv= of an ARC-Seal
  std::string_view blank;                       // where b='s value stands in the field
};

[[nodiscard]] base::Result<Signature> parse_signature(const message::FieldView& field,
                                                      SignatureKind kind,
                                                      SignatureLimits limits = {});

// For reports about a signature that cannot be read: d= and s= if they can, else empty.
struct SignatureNames {
  std::string domain;
  std::string selector;
  std::string identity;
  std::string algorithm;
};
[[nodiscard]] SignatureNames guess_names(const message::FieldView& field);

// i= of ARC fields (RFC 8617 §4.2.1): 1 to arc_instances_max; 0 for what is none.
inline constexpr unsigned arc_instances_max = 50;
[[nodiscard]] unsigned parse_instance(std::string_view text);

}  // namespace mailauth
