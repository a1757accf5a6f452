// lib/base/base32.h: RFC 4648 §6, what people type and authenticator apps read.
//
// What:    base32 without padding, and back.
// In/Out:  octets ↔ upper-case letters and the digits 2 to 7; read in any case.
// Errors:  unbase32 returns nullopt for a letter, a length or a rest of bits that none has.
// Limits:  the caller's.
// Not here: base64 and hex (text.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

[[nodiscard]] std::string base32(std::string_view bytes);
[[nodiscard]] std::optional<std::string> unbase32(std::string_view text);

}  // namespace base
