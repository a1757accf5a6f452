// lib/message/content_type.h: the value of a Content-Type field (RFC 2045 §5.1).
//
// What:    type, subtype and parameters, comments and folds taken out.
// In/Out:  field value → ContentType.
// Errors:  nullopt for a value without type "/" subtype; malformed parameters end the list, which
//          `whole` then denies.
// Limits:  parameters_max; continued parameters (RFC 2231) are kept by their raw names.
// Not here: what a type means (mime.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace message {

struct ContentType {
  static constexpr std::size_t parameters_max = 50;

  std::string type;                                             // "text/plain", lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case
  bool whole = true;                                            // all of the value was understood

  // The first of that name; nullptr: there is none.
  [[nodiscard]] const std::string* parameter(std::string_view name) const;
};

[[nodiscard]] std::optional<ContentType> parse_content_type(std::string_view value);
// The first word of a value such as Content-Transfer-Encoding's, lower case, without comments.
[[nodiscard]] std::string first_token(std::string_view value);

}  // namespace message
