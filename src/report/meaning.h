// report/meaning.h: what an enhanced status code means, in words for people who are no postmasters.
//
// What:    meaning(5.1.1) → what happened, and what the sender can do (RFC 3463, RFC 7372, RFC
//          7505).
// In/Out:  smtp::EnhancedCode → two sentences that live for ever.
// Errors:  none: an unknown code gets what its subject means, an unknown subject what its class
//          means.
// Limits:  none.
// Not here: the remote's own words, which stand beside them (dsn.h).
#pragma once

#include <string_view>

#include "lib/smtp/reply.h"

namespace report {

struct Meaning {
  std::string_view what;
  std::string_view remedy;
};

[[nodiscard]] Meaning meaning(const smtp::EnhancedCode& status);

}  // namespace report
