// lib/message/shown_text.h: the octets that some reader might see in a field (RFC 2047).
//
// What:    "=?utf-8?B?QmFuaw==?= of X" → "Bank of X", with everything that was hidden in it: NUL,
//          line ends, addresses. Says whether there is an encoded word at all.
// In/Out:  unstructured text or a phrase → UTF-8. Of a character set that is not UTF-8, ASCII or
//          Latin-1 the ASCII octets stay and the others become "?".
// Errors:  none: what is not well formed stays as it is.
// Limits:  encoded_words_max are decoded, the others stay.
// Not here: text fit to be shown (encoded_word.h), parameters (RFC 2231).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace message {

inline constexpr std::size_t encoded_words_max = 1'000;

[[nodiscard]] bool has_encoded_word(std::string_view text);
// White space between two encoded words is none (§6.2). Malformed UTF-8 stays as it came.
[[nodiscard]] std::string shown_text(std::string_view text);

}  // namespace message
