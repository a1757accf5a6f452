// server/certificate/acme_web.h: the way to a certificate authority.
//
// What:    acme::Web over our resolver, network and HTTP client.
// In/Out:  URL and request → response.
// Errors:  those of the connection, with the URL; invalid for a URL that is not https.
// Limits:  answer_seconds_max for each request; policy::ask_web's octets.
// Not here: what is asked (lib/acme/client.h).
#pragma once

#include <chrono>

#include "lib/acme/client.h"
#include "policy/login/web.h"

namespace server {

class AcmeWeb final : public acme::Web {
 public:
  static constexpr auto answer_seconds_max = std::chrono::seconds(30);

  explicit AcmeWeb(policy::WebParts parts) : parts_(std::move(parts)) {}
  io::Task<base::Result<http::Response>> ask(std::string url, http::Request request) override;

 private:
  policy::WebParts parts_;
};

}  // namespace server
