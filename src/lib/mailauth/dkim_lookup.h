// lib/mailauth/dkim_lookup.h: fetches the key that a signature names, and checks the signature.
//
// What:    asks for SELECTOR._domainkey.DOMAIN, reads every key record there and tries those that
//          fit, until one verifies the hash (RFC 6376 §6.1.2, §6.1.3).
// In/Out:  Claim and a Resolver → KeyVerdict.
// Errors:  no Result: the DNS's trouble is temperror, a key that cannot be used permerror, one that
//          must not be used policy, with words.
// Limits:  key_records_max records are tried; rsa_bits_min (RFC 8301 §3.2).
// Not here: which octets were hashed (dkim_verifier.h, arc_verifier.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/mailauth/dkim_signature.h"

namespace mailauth {

inline constexpr std::size_t key_records_max = 4;
inline constexpr unsigned rsa_bits_min = 1024;

// As in RFC 8601 §2.7.1. RFC 6376's PERMFAIL is `fail` when the signature is wrong, `policy` when
// RFC 8301 or our own rules forbid to believe it, else `permerror`; `neutral` is what we do not
// understand.
enum class DkimResult : std::uint8_t { pass, fail, policy, neutral, temperror, permerror };
[[nodiscard]] std::string_view to_string(DkimResult result);

struct Claim {
  std::string domain;
  std::string selector;
  std::string identity_domain;  // for t=s; equal to domain in ARC
  SignatureAlgorithm algorithm = SignatureAlgorithm::rsa_sha256;
  std::string hash;    // SHA-256 of the signed header octets
  std::string octets;  // the signature
};

struct KeyVerdict {
  DkimResult result = DkimResult::permerror;
  std::string problem;  // empty when passed
  unsigned key_bits = 0;
  bool testing = false;  // t=y
};

[[nodiscard]] io::Task<KeyVerdict> check_claim(io::Ref<dns::Resolver> resolver, Claim claim);

// The same for one record's text; the part that needs no DNS.
[[nodiscard]] KeyVerdict check_claim_with(const Claim& claim, std::string_view record);

}  // namespace mailauth
