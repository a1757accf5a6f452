// lib/smtp/xtext.h: the encoding of ENVID, ORCPT and AUTH= values (RFC 3461 §4).
//
// What:    octets outside '!'..'~' and '+' and '=' are written as +XX.
// In/Out:  text ↔ xtext.
// Errors:  parse_xtext gives nullopt for what is no xtext.
// Limits:  the caller's.
// Not here: utf-8-addr-xtext (utf8_address.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtp {

[[nodiscard]] std::string xtext(std::string_view text);
[[nodiscard]] std::optional<std::string> parse_xtext(std::string_view text);

}  // namespace smtp
