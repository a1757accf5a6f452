// lib/message/address_list.h: the addresses of a From, Sender or To field (RFC 5322 §3.4).
//
// What:    takes a list apart: names, quoted strings, comments, groups, routes and folds go, the
//          addresses stay.
// In/Out:  a field's value → Mailboxes, in order.
// Errors:  invalid, in words for the sender of the message: what is wrong and near what. What two
//          readers could understand differently (an @ in a name without quotes, a NUL) is refused.
// Limits:  addresses_max, comment_depth_max; a value as long as the header is read.
// Not here: folding itself (header.h), encoded words in names, which are left as they are, and who
//          may use an address (policy/author.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/message/address.h"

namespace message {

inline constexpr std::size_t addresses_max = 10'000;
inline constexpr std::size_t comment_depth_max = 32;

struct Mailboxes {
  std::vector<Address> addresses;
  std::vector<std::string> names;     // one for each address: its display name; empty: none
  std::vector<std::string> comments;  // all of the field, without parentheses
  bool group = false;  // there was a group (RFC 6854), which may have no address at all
  bool route = false;  // there was an obsolete route (§4.4): "<@a,@b:c@d>"
};

// A local part alone gets the domain when there is one (RFC 6409 §8.1), else it is malformed.
[[nodiscard]] base::Result<Mailboxes> parse_address_list(std::string_view value,
                                                         std::string_view domain = {});

}  // namespace message
