// lib/http/cookie.h: cookies (RFC 6265), the little of them that a server of ours needs.
//
// What:    finds a cookie that a browser sent; writes the field that sets or ends one.
// In/Out:  Headers and a name → its value; a name and a value → text for Set-Cookie.
// Errors:  none: what is malformed is no cookie.
// Limits:  those of the header (codec.h).
// Not here: what a cookie means (admin/session_routes.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/http/message.h"

namespace http {

// nullopt: none, or more than one: somebody else may set one for our host, but not which is ours.
[[nodiscard]] std::optional<std::string> cookie_of(const Headers& headers, std::string_view name);

// Until the browser ends, out of reach of scripts, for requests of this site only; on TLS
// (`secure`) never without it. A name that begins with "__Host-" must be secure (RFC 6265bis
// §4.1.3.2).
[[nodiscard]] std::string set_cookie(std::string_view name, std::string_view value, bool secure);
[[nodiscard]] std::string end_cookie(std::string_view name, bool secure);

}  // namespace http
