// See json.h.
#include "admin/json.h"

#include <fmt/format.h>

namespace admin {

base::Result<boost::json::object> parse_object(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) {
    return base::fail(base::ErrorKind::invalid, "the body must be a JSON object");
  }
  return value.get_object();
}

base::Result<std::string> text_of(const boost::json::object& object, std::string_view field) {
  const auto* value = object.if_contains({field.data(), field.size()});
  if (value == nullptr || !value->is_string()) {
    return base::fail(base::ErrorKind::invalid, fmt::format("\"{}\" must be a text", field));
  }
  return std::string(value->get_string());
}

base::Result<std::optional<std::string>> text_if(const boost::json::object& object,
                                                 std::string_view field) {
  if (!object.contains({field.data(), field.size()})) return std::nullopt;
  auto text = text_of(object, field);
  if (!text) return std::unexpected(text.error());
  return std::move(*text);
}

base::Result<std::optional<std::uint64_t>> number_if(const boost::json::object& object,
                                                     std::string_view field) {
  const auto* value = object.if_contains({field.data(), field.size()});
  if (value == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (!error && number <= (1ULL << 62U)) return number;
  return base::fail(base::ErrorKind::invalid, fmt::format("\"{}\" must be a number", field));
}

base::Result<std::optional<bool>> flag_if(const boost::json::object& object,
                                          std::string_view field) {
  const auto* value = object.if_contains({field.data(), field.size()});
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  return base::fail(base::ErrorKind::invalid, fmt::format("\"{}\" must be true or false", field));
}

base::Result<std::vector<std::string>> texts_of(const boost::json::object& object,
                                                std::string_view field) {
  const auto* value = object.if_contains({field.data(), field.size()});
  std::vector<std::string> out;
  if (value != nullptr && value->is_array()) {
    for (const auto& entry : value->get_array()) {
      if (!entry.is_string()) break;
      out.emplace_back(entry.get_string());
    }
    if (out.size() == value->get_array().size()) return out;
  }
  return base::fail(base::ErrorKind::invalid, fmt::format("\"{}\" must be a list of texts", field));
}

}  // namespace admin
