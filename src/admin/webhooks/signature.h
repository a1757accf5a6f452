// admin/webhooks/signature.h: how a receiver knows that a webhook's request is ours.
//
// What:    the header fields of Standard Webhooks 1.0: webhook-id, webhook-timestamp and
//          webhook-signature (HMAC-SHA256 over id, time and body).
// In/Out:  secrets, id, time, body → fields.
// Errors:  a secret that is none signs nothing.
// Limits:  none.
// Not here: keeping secrets (store.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/http/message.h"
#include "lib/io/random.h"

namespace webhooks {

// "whsec_" and the base64 of 32 random octets.
[[nodiscard]] std::string make_secret(io::Random& random);

struct Signed {
  std::string_view id;
  std::string_view body;
  base::Time now;
};
// "v1,BASE64", one for each secret, with a space between them.
[[nodiscard]] std::string signature(const std::vector<std::string>& secrets, const Signed& what);
void sign(http::Headers& headers, const std::vector<std::string>& secrets, const Signed& what);

}  // namespace webhooks
