// directory/ldap/filter.h: search filters (RFC 4515) made of values from outside.
//
// What:    escapes values, joins filters.
// In/Out:  attribute and any octets → "(mail=a\2ab@example.org)".
// Errors:  none: every octet can be written.
// Limits:  the caller's.
// Not here: searching (client.h), which attributes are asked for (schema.h).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace directory {

// RFC 4515 §3: NUL ( ) * \ become \XX, and so does all that is not printable ASCII.
[[nodiscard]] std::string escape_filter_value(std::string_view value);
[[nodiscard]] std::string equals_filter(std::string_view attribute, std::string_view value);
// "(&(a=1)(b=2))"; one alone stays as it is.
[[nodiscard]] std::string all_of_filter(std::span<const std::string> filters);
[[nodiscard]] std::string any_of_filter(std::span<const std::string> filters);

}  // namespace directory
