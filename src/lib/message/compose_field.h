// lib/message/compose_field.h: values as the header of a new message has them.
//
// What:    address lists with display names, encoded words (RFC 2047), file names (RFC 2231).
// In/Out:  UTF-8 text → a folded field, or a parameter with its "; ".
// Errors:  none: controls become spaces, what is no UTF-8 becomes U+FFFD.
// Limits:  encoded words of 75 octets, lines of 78 where they can be folded, 998 always.
// Not here: reading them (encoded_word.h, address_list.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/message/compose.h"

namespace message {

// "To: =?utf-8?b?…?= <a@example.org>,\r\n b@example.org\r\n"
[[nodiscard]] std::string address_field(std::string_view name,
                                        const std::vector<NamedAddress>& addresses);
// "; filename=\"a.pdf\"", or "; filename*=utf-8''…" in pieces; empty without a name.
[[nodiscard]] std::string file_name_parameter(std::string_view file_name);

}  // namespace message
