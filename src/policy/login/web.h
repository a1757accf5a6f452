// policy/login/web.h: one question to a web server whose URL is in the settings.
//
// What:    looks up the host, tries its addresses in turn, asks.
// In/Out:  Url and Request → Response of whatever status.
// Errors:  the last address' error, or what the DNS said; timed_out for all of it.
// Limits:  addresses_max; the timeout is for all of it; body_bytes_max.
// Not here: what the answer means (token_checker.h), redirects (never followed).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/dns/resolver.h"
#include "lib/http/client.h"

namespace policy {

struct Url {
  bool tls = true;
  std::string host;
  std::uint16_t port = 0;
  std::string target;  // "/keys?x=y"
};

// "https://host[:port]/path"; http only for a loopback address, where nobody listens in between.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

struct WebParts {
  io::Doors doors;
  dns::Resolver& resolver;
  std::shared_ptr<io::TlsClient> tls;
};

[[nodiscard]] io::Task<base::Result<http::Response>> ask_web(WebParts parts, Url url,
                                                             http::Request request,
                                                             base::Duration timeout);

}  // namespace policy
