// lib/acme/problem.h: what a problem document says, for an administrator.
//
// What:    the authority's own words, and what to do about them.
// In/Out:  Problem and whose it is → one sentence or two, and an Error.
// Errors:  none.
// Limits:  detail_bytes_max of the authority's words.
// Not here: reading problem documents (objects.h).
#pragma once

#include <string>
#include <string_view>

#include "lib/acme/objects.h"
#include "lib/base/result.h"

namespace acme {

inline constexpr std::size_t detail_bytes_max = 600;

// "unauthorized": the type without what is in front of it; "" for one of somebody else.
[[nodiscard]] std::string_view short_type(const Problem& problem);
// What the administrator can do; `challenge` is the one that was tried, "" before there is one.
[[nodiscard]] std::string_view remedy(const Problem& problem, std::string_view challenge);
// "mail.example.org: connection: the authority's words. The remedy".
[[nodiscard]] base::Error error_of(const Problem& problem, std::string_view name,
                                   std::string_view challenge);

}  // namespace acme
