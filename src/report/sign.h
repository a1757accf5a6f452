// report/sign.h: how mail that the server writes itself gets its signatures.
//
// What:    the seam to the signer (policy/signing/), which report/ must not include.
// In/Out:  header (all fields, without the empty line), body, and the domain that should sign
//          (empty: the author's) → signature fields to put on top, each ended by CRLF.
// Errors:  none: what cannot be signed gives "" and goes unsigned; the signer tells why (event
//          signing.failed).
// Limits:  the signer's; an RSA signature takes about a millisecond of the calling thread.
// Not here: keys, and which domain of ours signs (policy/signing/signing.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace report {

using Sign = std::function<std::string(std::string_view header, std::string_view body,
                                       std::string_view domain)>;

}  // namespace report
