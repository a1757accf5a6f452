// admin/webhooks/sender.h: one request to a webhook.
//
// What:    looks up the host, connects to an address that is allowed, posts, reads the answer.
// In/Out:  Hook and Posting → Answer: told or not, and why not.
// Errors:  in the Answer, in words; `hook_trouble` when the receiver as a whole cannot be reached.
// Limits:  WebhookSettings::timeout for all of it; answer_bytes_max; addresses_max are tried.
// Not here: retries (webhooks.h). Redirects are answers like any other, and no success.
#pragma once

#include <memory>
#include <string>

#include "admin/settings.h"
#include "admin/webhooks/hook.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/task.h"
#include "lib/io/tls.h"

namespace webhooks {

inline constexpr std::uint64_t answer_bytes_max = 256UL * 1024;

struct SenderParts {
  io::Doors doors;
  dns::Resolver& resolver;
  std::shared_ptr<io::TlsClient> tls;
};

struct Posting {
  std::string id;
  std::string body;
};

struct Answer {
  bool told = false;
  bool hook_trouble = false;  // not this event's fault: others would fare the same
  int status = 0;             // of HTTP; 0: there was none
  std::string why;            // not told
};

[[nodiscard]] io::Task<Answer> post(SenderParts parts, admin::WebhookSettings settings, Hook hook,
                                    Posting posting);

}  // namespace webhooks
