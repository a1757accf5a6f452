// lib/smtp/utf8_address.h: addresses of the type utf-8 in ORCPT and in DSNs (RFC 6533 §3).
//
// What:    utf-8-addr-xtext (ASCII only: \x{E9} for é) and utf-8-addr-unitext (UTF-8 as it is).
// In/Out:  UTF-8 text ↔ either form.
// Errors:  parse gives nullopt for what the grammar does not allow, and for control characters.
// Limits:  the caller's.
// Not here: xtext of RFC 3461 (xtext.h), the type and its semicolon (command_parameters.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace smtp {

enum class Utf8Form : std::uint8_t {
  xtext,    // may go anywhere
  unitext,  // only where SMTPUTF8 is understood
};

[[nodiscard]] std::string utf8_address(std::string_view text, Utf8Form form);
// Takes both forms; with Utf8Form::xtext no octet beyond ASCII.
[[nodiscard]] std::optional<std::string> parse_utf8_address(std::string_view text, Utf8Form form);

}  // namespace smtp
