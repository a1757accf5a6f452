// policy/login/settings.h: the settings of log-ins.
//
// What:    which mechanisms are offered; the provider of tokens.
// In/Out:  filled by config/ as [policy] auth_… and section [oauth]; part of
//          policy::Settings.
// Errors:  none here.
// Limits:  see the fields.
// Not here: guessing (policy/guard/settings.h), who exists (directory).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace policy {

// An OpenID provider. Its keys, or its introspection end point; without either there are no tokens.
struct OauthSettings {
  std::string issuer;
  std::string jwks_url;
  std::string introspection_url;  // asked when there is no jwks_url
  std::string client_id;          // for introspection
  std::string client_secret_file;
  std::string audience;
  std::string user_claim = "email";
  base::Duration timeout = std::chrono::seconds(10);
  base::Duration keys_time = std::chrono::hours(1);

  [[nodiscard]] bool on() const { return !jwks_url.empty() || !introspection_url.empty(); }
};

struct LoginSettings {
  // Upper case. Empty: all that can work here.
  std::vector<std::string> mechanisms;
  OauthSettings oauth;
  // How long a right password is not computed again; 0: never.
  base::Duration password_cache_time = std::chrono::minutes(1);
};

}  // namespace policy
