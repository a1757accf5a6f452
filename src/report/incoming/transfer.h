// report/incoming/transfer.h: base64 and quoted-printable as mail has them (RFC 2045 §6.7, §6.8).
//
// What:    decodes what a MIME part was encoded in; damage costs only what is damaged.
// In/Out:  the encoded octets → octets.
// Errors:  none: octets of another alphabet are passed over (§6.8), a malformed "=" stays.
// Limits:  the output is never longer than the input.
// Not here: encoding (lib/message/recode.h), strict base64 (lib/base/text.h).
#pragma once

#include <string>
#include <string_view>

namespace report {

[[nodiscard]] std::string decode_base64(std::string_view text);
[[nodiscard]] std::string decode_quoted_printable(std::string_view text);
// By the value of Content-Transfer-Encoding, lower case.
[[nodiscard]] std::string decode_transfer(std::string_view encoding, std::string octets);

}  // namespace report
