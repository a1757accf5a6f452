// lib/message/encoded_word.h: "=?utf-8?q?J=C3=BCrgen?=" as people read it (RFC 2047).
//
// What:    decodes the encoded words of a display name or a Subject into UTF-8.
// In/Out:  a field's value or a part of it → text in UTF-8 without control characters.
// Errors:  none: what cannot be decoded stays as it is written; octets that are not of the charset
//          become U+FFFD.
// Limits:  encoded_text_bytes_max octets are read, the rest is left out; charsets: UTF-8, US-ASCII,
//          ISO-8859-1, -15 and windows-1252. A word in another one stays as it is written.
// Not here: making encoded words, quoted strings and comments (address_list.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace message {

inline constexpr std::size_t encoded_text_bytes_max = 16UL * 1024;

[[nodiscard]] std::string decode_words(std::string_view text);

}  // namespace message
