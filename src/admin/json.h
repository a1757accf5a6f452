// admin/json.h: reading a request's JSON.
//
// What:    parse_object reads a body; text_of, text_if, number_if, flag_if and texts_of take fields
//          from it.
// In/Out:  text → boost::json::object → std::string.
// Errors:  invalid, naming the field that is missing or of the wrong kind.
// Limits:  the body was limited by the HTTP server; nesting by Boost.JSON (32).
// Not here: writing JSON (boost::json::serialize).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace admin {

[[nodiscard]] base::Result<boost::json::object> parse_object(std::string_view body);
[[nodiscard]] base::Result<std::string> text_of(const boost::json::object& object,
                                                std::string_view field);
// Nothing when the field is not there.
[[nodiscard]] base::Result<std::optional<std::string>> text_if(const boost::json::object& object,
                                                               std::string_view field);
[[nodiscard]] base::Result<std::optional<std::uint64_t>> number_if(
    const boost::json::object& object, std::string_view field);
[[nodiscard]] base::Result<std::optional<bool>> flag_if(const boost::json::object& object,
                                                        std::string_view field);
[[nodiscard]] base::Result<std::vector<std::string>> texts_of(const boost::json::object& object,
                                                              std::string_view field);

}  // namespace admin
