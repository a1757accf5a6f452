// admin/webhooks/places.h: where a webhook may lead.
//
// What:    reads a webhook's URL, and says of an address whether it may be connected to: nobody who
//          may make webhooks reaches through us what only we can reach (SSRF).
// In/Out:  text → Target; address and port → why not, or nothing.
// Errors:  invalid, with words for whoever made the webhook.
// Limits:  url_bytes_max.
// Not here: connecting (sender.h), which asks here about the address that it connects to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/settings.h"
#include "lib/base/result.h"
#include "lib/io/address.h"

namespace webhooks {

inline constexpr std::size_t url_bytes_max = 2'000;

struct Target {
  bool tls = true;
  std::string host;
  std::uint16_t port = 0;
  std::string target;  // "/events?x=y"
};

[[nodiscard]] base::Result<Target> read_target(std::string_view url,
                                               const admin::WebhookSettings& settings);

// Empty: it may be connected to. `own`: this host's own addresses.
[[nodiscard]] std::string why_not(const io::Endpoint& to, const admin::WebhookSettings& settings,
                                  const std::vector<io::IpAddress>& own);

}  // namespace webhooks
