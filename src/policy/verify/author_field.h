// policy/verify/author_field.h: whose mail does a message claim to be? The From field, strictly.
//
// What:    reads From as every reader must read it, and names what two readers could read
//          differently: several From fields, a header line that is a From to some, several authors
//          of different domains, groups, routes, addresses hidden in quotes or encoded words.
// In/Out:  the header of a message → AuthorFinding (findings.h).
// Errors:  no Result: what is wrong stands in `problem`, in words for the sender's postmaster.
// Limits:  authors_max addresses; those of lib/message/address_list.h and encoded_word.h.
// Not here: what follows from a fault (author_rule.h), look-alike names (policy/impersonation).
#pragma once

#include <string_view>

#include "policy/findings.h"

namespace policy {

inline constexpr std::size_t authors_max = 50;

// `header`: all fields, without the empty line.
[[nodiscard]] AuthorFinding read_author(std::string_view header);

}  // namespace policy
