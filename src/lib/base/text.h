// lib/base/text.h: ASCII text helpers that protocols need.
//
// What:    case-insensitive comparison, trimming, splitting, numbers, hex, base64; never locale
//          dependent.
// In/Out:  string_view in; string_view (a part of the input) or string out.
// Errors:  parse_number and the decoders return nullopt for malformed input.
// Limits:  the caller's.
// Not here: durations (time.h), sizes (size.h), mail addresses (lib/message/address.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string upper(std::string_view text);
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);
[[nodiscard]] bool istarts_with(std::string_view text, std::string_view prefix);
[[nodiscard]] bool icontains(std::string_view text, std::string_view part);

// Without spaces, tabs, CR and LF at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
// Every part between separators, empty ones too: split("a,,b", ',') → a, "", b; split("", ',') →
// "".
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// The parts between runs of spaces and tabs; never an empty one.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text);

// Decimal digits only, no sign, no spaces, no overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] std::optional<std::string> unhex(std::string_view text);
[[nodiscard]] std::string base64(std::string_view bytes);
// Strict: whole quartets, no spaces, right padding.
[[nodiscard]] std::optional<std::string> unbase64(std::string_view text);

// For logs: bytes that are not printable ASCII become \xNN, CR and LF \r and \n; cut at bytes_max.
[[nodiscard]] std::string printable(std::string_view bytes, std::size_t bytes_max = 512);

}  // namespace base
