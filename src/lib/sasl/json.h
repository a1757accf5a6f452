// lib/sasl/json.h: JSON from strangers, with bounds; used by the tokens' readers only.
//
// What:    reads one JSON object; gives its members by kind.
// In/Out:  text → boost::json::object; member(object, name) → text, number or nothing.
// Errors:  nullopt for anything but one object, for too much of it and for wrong kinds.
// Limits:  json_bytes_max, json_depth_max.
// Not here: what the members mean (jwk.h, jwt.h, introspection.h).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace sasl {

inline constexpr std::size_t json_bytes_max = 256UL * 1024;  // a set of keys; a token is far less
inline constexpr std::size_t json_depth_max = 16;

[[nodiscard]] std::optional<boost::json::object> read_json_object(std::string_view text);
[[nodiscard]] std::optional<std::string> text_member(const boost::json::object& object,
                                                     std::string_view name);
// NumericDate (RFC 7519 §2): seconds, perhaps with a fraction. Outside the years 1970 to 9999:
// nullopt.
[[nodiscard]] std::optional<base::Time> time_member(const boost::json::object& object,
                                                    std::string_view name);
// RFC 7519 §4.1.3: one text or a list of them.
[[nodiscard]] bool audience_has(const boost::json::object& object, std::string_view wanted);
// RFC 7515 §2: base64 with - and _, without padding; strict.
[[nodiscard]] std::optional<std::string> unbase64url(std::string_view text);

}  // namespace sasl
