// lib/dns/tsig_key.h: a key for signed updates, as the usual tools write it into a file.
//
// What:    reads what tsig-keygen and nsupdate -k have (key "name" { algorithm …; secret "…"; };),
//          what nsupdate -y takes (hmac-sha256:name:secret), and what keymgr of Knot writes.
// In/Out:  text → TsigKey.
// Errors:  invalid, with what is missing and the command that makes such a file; unsupported for
//          other algorithms than hmac-sha256.
// Limits:  the caller's for the text; the first key counts.
// Not here: signing (update.h).
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/dns/update.h"

namespace dns {

[[nodiscard]] base::Result<TsigKey> parse_tsig_key(std::string_view text);
// The same, or the secret in base64 alone, of the key of that name.
[[nodiscard]] base::Result<TsigKey> parse_tsig_secret(std::string_view text, std::string_view name);

}  // namespace dns
