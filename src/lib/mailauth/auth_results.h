// lib/mailauth/auth_results.h: the Authentication-Results field (RFC 8601).
//
// What:    writes ours, so that nothing a stranger chose can break out of its place; finds those
//          that others wrote in our name, to be removed.
// In/Out:  AuthResult values → the whole folded field; a header → the Edits that cut forged fields.
// Errors:  none: what a token cannot hold is quoted, what nothing can hold becomes "?".
// Limits:  auth_value_bytes_max per value, auth_results_max per field.
// Not here: the checks themselves (spf.h, dkim.h, dmarc.h), when the field is added (policy/).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/message/content.h"

namespace mailauth {

inline constexpr std::size_t auth_value_bytes_max = 300;
inline constexpr std::size_t auth_results_max = 30;

struct AuthResult {
  std::string method;                                           // "spf"
  std::string result;                                           // "pass"
  std::string reason;                                           // for people; may be empty
  std::vector<std::pair<std::string, std::string>> properties;  // "smtp.mailfrom" → value
};

// "Authentication-Results: mx.example.org;\r\n\tspf=pass smtp.mailfrom=example.net\r\n"; without
// results it says "none" (§2.2).
[[nodiscard]] std::string auth_results_field(std::string_view authserv_id,
                                             const std::vector<AuthResult>& results);

// Of a field's value: who claims to have checked; lower case, empty when it cannot be read.
[[nodiscard]] std::string authserv_id_of(std::string_view value);

// §5: fields that bear our name cannot be ours, for they came from outside. The offsets are those
// of `header`.
[[nodiscard]] std::vector<message::Edit> cut_forged_results(std::string_view header,
                                                            std::string_view authserv_id);

}  // namespace mailauth
