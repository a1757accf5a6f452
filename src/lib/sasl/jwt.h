// lib/sasl/jwt.h: who a token says it is, when its issuer has signed it (RFC 7519, RFC 7515).
//
// What:    reads a compact JWS, and judges signature, issuer, audience and times; judges the
//          answer of an introspection end point (RFC 7662) by the same rules.
// In/Out:  token, keys, rules and the time → TokenFacts.
// Errors:  denied: the token is not good, with a reason for the log; not_found: signed with a key
//          that the set does not have (fetch it anew, then ask again).
// Limits:  token_bytes_max; json.h. The algorithms are those of jwk.h: never "none", never HMAC.
// Not here: fetching keys, asking an end point (policy/login).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sasl/jwk.h"

namespace sasl {

inline constexpr std::size_t token_bytes_max = 12'288;

struct TokenRules {
  std::string issuer;                               // "iss" must be this; empty: not looked at
  std::string audience;                             // "aud" must have this; empty: not looked at
  std::string user_claim = "email";                 // whose value is the user's name
  base::Duration leeway = std::chrono::minutes(1);  // clocks differ
};

struct TokenFacts {
  std::string user;
  std::optional<base::Time> expires;
};

// A signed token must expire; a token that is not yet valid is refused.
[[nodiscard]] base::Result<TokenFacts> verify_token(std::string_view token, const KeySet& keys,
                                                    const TokenRules& rules, base::Time now);

// RFC 7662 §2.2: the body of a 200 answer. Issuer and audience are looked at when they are there
// or asked for by the rules.
[[nodiscard]] base::Result<TokenFacts> read_introspection(std::string_view json,
                                                          const TokenRules& rules, base::Time now);

}  // namespace sasl
