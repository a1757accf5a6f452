// lib/mailauth/auth_results_reader.h: reads what somebody we believe found (RFC 8601 §2.2).
//
// What:    "mx.example.org; spf=pass smtp.mailfrom=a@b.example; dmarc=pass …" → AuthResults.
// In/Out:  the value of an Authentication-Results, or what an ARC set carries of one.
// Errors:  none: a result that is malformed is passed over, comments are nothing.
// Limits:  auth_results_max results, auth_properties_max properties of each.
// Not here: whom to believe (policy/verify), writing (auth_results.h).
#pragma once

#include <string_view>
#include <vector>

#include "lib/mailauth/auth_results.h"

namespace mailauth {

inline constexpr std::size_t auth_properties_max = 30;

// Methods, results and names of properties in lower case.
[[nodiscard]] std::vector<AuthResult> read_auth_results(std::string_view value);

}  // namespace mailauth
