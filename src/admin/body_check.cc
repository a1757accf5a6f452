// See body_check.h.
#include "admin/body_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "admin/json.h"
#include "lib/base/text.h"

namespace admin {
namespace {

constexpr std::size_t name_shown_max = 60;

bool is_of(FieldKind kind, const boost::json::value& value) {
  switch (kind) {
    case FieldKind::text: return value.is_string();
    case FieldKind::flag: return value.is_bool();
    case FieldKind::number: return value.is_uint64() || (value.is_int64() && value.as_int64() >= 0);
    case FieldKind::texts:
      return value.is_array() &&
             std::ranges::all_of(value.as_array(), [](const auto& one) { return one.is_string(); });
    case FieldKind::any: break;
  }
  return true;
}

std::string_view words_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::text: return "a text";
    case FieldKind::flag: return "true or false";
    case FieldKind::number: return "a whole number, 0 or more";
    case FieldKind::texts: return "a list of texts";
    case FieldKind::any: break;
  }
  return "anything";
}

std::string unknown(const RouteText& route, std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(route.fields.size());
  for (const FieldText& field : route.fields) names.push_back(field.name);
  return fmt::format(
      "there is no field \"{}\" here; {}", base::printable(name, name_shown_max),
      names.empty() ? "it takes none" : fmt::format("it takes {}", fmt::join(names, ", ")));
}

}  // namespace

std::string wrong_in_body(const RouteText& route, std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return {};
  for (const auto& [key, value] : *object) {
    const std::string_view name(key.data(), key.size());
    const auto field = std::ranges::find(route.fields, name, &FieldText::name);
    if (field == route.fields.end()) return unknown(route, name);
    if (!is_of(field->kind, value)) {
      return fmt::format("\"{}\" must be {}", name, words_of(field->kind));
    }
  }
  return {};
}

}  // namespace admin
