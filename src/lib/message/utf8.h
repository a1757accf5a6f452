// lib/message/utf8.h: is this text ASCII, is it well-formed UTF-8?
//
// What:    is_ascii and is_utf8 (RFC 3629: no overlong forms, no surrogates, nothing above
//          U+10FFFF).
// In/Out:  bytes → bool.
// Errors:  none.
// Limits:  the caller's.
// Not here: which characters an address may hold (address.h).
#pragma once

#include <string_view>

namespace message {

[[nodiscard]] bool is_ascii(std::string_view bytes);
[[nodiscard]] bool is_utf8(std::string_view bytes);

}  // namespace message
