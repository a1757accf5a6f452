// policy/login/token_checker.h: whose token is it? Asks the OpenID provider of the settings.
//
// What:    verifies signed tokens with the provider's keys, which it fetches and keeps; without
//          a jwks_url asks the introspection end point (RFC 7662).
// In/Out:  check(token) → TokenFacts.
// Errors:  denied: the token is not good. Anything else is trouble with the provider: nothing is
//          known of the token, and the log-in is to be tried again later.
// Limits:  OauthSettings::timeout for all; the keys are fetched anew once an hour, for a key that
//          is not among them once a minute, after a failure once in ten seconds; keys that cannot
//          be renewed are good for a day.
// Not here: reading tokens (lib/sasl/jwt.h), whose account it is (authenticator.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/io/completion.h"
#include "lib/sasl/jwt.h"
#include "policy/login/settings.h"
#include "policy/login/web.h"

namespace policy {

// Its owner keeps it while check() runs.
class TokenChecker {
 public:
  TokenChecker(WebParts parts, OauthSettings settings);
  TokenChecker(const TokenChecker&) = delete;
  TokenChecker& operator=(const TokenChecker&) = delete;

  [[nodiscard]] io::Task<base::Result<sasl::TokenFacts>> check(std::string token);

 private:
  using Keys = std::shared_ptr<const sasl::KeySet>;

  io::Task<base::Result<sasl::TokenFacts>> check_signature(std::string token);
  io::Task<base::Result<sasl::TokenFacts>> verify(Keys keys, std::string token);
  io::Task<base::Result<sasl::TokenFacts>> introspect(std::string token);
  // The keys that we have, or fresh ones when they are older than `age_max`.
  io::Task<base::Result<Keys>> keys(base::Duration age_max);
  io::Task<base::Result<Keys>> fetch();
  [[nodiscard]] base::Duration age() const;

  WebParts parts_;
  const OauthSettings settings_;
  const sasl::TokenRules rules_;
  base::Result<std::string> client_secret_;
  Keys keys_;
  base::Instant fetched_at_;                // keys_
  std::optional<base::Instant> failed_at_;  // the last fetch; not since it succeeded
  std::string failure_;
  bool fetching_ = false;
  io::Signal fetched_;
};

}  // namespace policy
