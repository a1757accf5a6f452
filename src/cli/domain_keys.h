// cli/domain_keys.h: a domain's keys for signing, made when it has none.
//
// What:    asks the server, or the state folder, for both kinds of keys (RSA and Ed25519).
// In/Out:  domain → made, or there already.
// Errors:  what the server says.
// Limits:  one request each.
// Not here: keys themselves (policy/signing/), the verbs of `dkim` (dkim_verbs.cc).
#pragma once

#include <string>

#include "cli/cli.h"
#include "lib/base/result.h"

namespace cli {

[[nodiscard]] base::Result<> make_domain_keys(const Place& place, const std::string& domain);

}  // namespace cli
