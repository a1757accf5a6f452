// admin/auth_policy.h: the login guard for the Dovecot beside us.
//
// What:    answers Dovecot's auth policy requests: may this address try this log-in now, and how it
//          ended. So a thief who guesses over IMAP meets the same delays and bans as over SMTP, and
//          an app password's last use is known when it only reads.
// In/Out:  POST /dovecot-auth-policy?command=allow|report with Dovecot's JSON → {"status", "msg"}:
//          0 go on, -1 refuse, N wait so many seconds.
// Errors:  403 without the key, 400 for what is no such request; Dovecot then goes on by itself.
// Limits:  one request is one log-in; those of the HTTP port.
// Not here: who is shut out when (policy/guard), passwords: Dovecot checks them itself.
#pragma once

#include <string>
#include <string_view>

#include "admin/api.h"

namespace admin {

inline constexpr std::string_view auth_policy_path = "/dovecot-auth-policy";

// What Dovecot must show in X-API-Key, made from the server's own secret.
[[nodiscard]] std::string auth_policy_key(std::string_view login_secret);

void add_auth_policy_route(http::Router& router, Parts& parts);

}  // namespace admin
