// See catalogue.h. The table as OpenAPI 3.1.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "admin/catalogue.h"
#include "lib/base/text.h"

namespace admin {
namespace {

namespace json = boost::json;

json::object schema_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::text: return {{"type", "string"}};
    case FieldKind::number: return {{"type", "integer"}, {"minimum", 0}};
    case FieldKind::flag: return {{"type", "boolean"}};
    case FieldKind::texts: return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case FieldKind::any: return {};
  }
  return {};
}

json::object parameter(std::string_view name, std::string_view in, const json::object& schema) {
  return {{"name", name}, {"in", in}, {"required", in == "path"}, {"schema", schema}};
}

// "{verb}" in the pattern.
void add_path_parameters(const RouteText& route, json::array& out) {
  for (const std::string_view part : base::split(route.pattern, '/')) {
    if (!part.starts_with('{')) continue;
    out.push_back(parameter(part.substr(1, part.size() - 2), "path", {{"type", "string"}}));
  }
}

void add_query(const RouteText& route, json::array& out) {
  for (const FieldText& field : route.fields) {
    json::object one = parameter(field.name, "query", schema_of(field.kind));
    one["required"] = field.required;
    one["description"] = field.text;
    out.push_back(std::move(one));
  }
}

json::object body_of(const RouteText& route) {
  json::object properties;
  json::array required;
  for (const FieldText& field : route.fields) {
    json::object one = schema_of(field.kind);
    one["description"] = field.text;
    properties[field.name] = std::move(one);
    if (field.required) required.emplace_back(field.name);
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return {{"required", true}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json::object responses() {
  const auto one = [](std::string_view text) { return json::object{{"description", text}}; };
  return {{"200", one("Done; a JSON object, or text.")},
          {"400", one("Malformed: {\"error\": \"why, and what to do\"}.")},
          {"401", one("No token, or one that is not good.")},
          {"403", one("The token's scope does not allow it.")},
          {"404", one("There is no such thing.")},
          {"409", one("It exists already, or is in use.")},
          {"429", one("Too many requests; Retry-After says when.")},
          {"503", one("Not now.")}};
}

json::object operation(const RouteText& route) {
  json::array parameters;
  add_path_parameters(route, parameters);
  const bool is_json = route.method == "POST" && route.body.empty();
  if (!is_json) add_query(route, parameters);
  const std::string scope(route.of_session ? "session" : to_string(route.scope));
  json::object out{
      {"summary", route.text},
      {"description", route.of_session ? std::string("For browsers; no token is asked.")
                                       : fmt::format("Scope: {}.", scope)},
      {"x-scope", scope},
      {"responses", responses()}};
  if (route.for_senders) out["x-scope-own-mail"] = to_string(Scope::send);
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (is_json && !route.fields.empty()) out["requestBody"] = body_of(route);
  if (!route.body.empty()) {
    const json::object octets{{"schema", {{"type", "string"}, {"format", "binary"}}}};
    out["requestBody"] = {{"required", true}, {"content", {{route.body, octets}}}};
  }
  return out;
}

}  // namespace

std::string openapi(std::string_view base_url, std::string_view version) {
  json::object paths;
  for (const RouteText& route : catalogue()) {
    json::value& path = paths[route.pattern];
    if (!path.is_object()) path.emplace_object();
    path.get_object()[base::lower(route.method)] = operation(route);
  }
  const json::object scheme{
      {"type", "http"}, {"scheme", "bearer"}, {"description", "Made by `stagepost token add`."}};
  const json::object cookie{{"type", "apiKey"},
                            {"in", "cookie"},
                            {"name", "__Host-stagepost"},
                            {"description",
                             "Of an administrator's browser (POST /api/v1/session). What changes "
                             "something needs the field "
                             "X-CSRF-Token and Sec-Fetch-Site or Origin, too."}};
  const json::object out{
      {"openapi", "3.1.0"},
      {"info", {{"title", "Stagepost"}, {"version", version}}},
      {"servers", json::array{json::object{{"url", base_url}}}},
      {"security", json::array{json::object{{"token", json::array{}}},
                               json::object{{"session", json::array{}}}}},
      {"components", {{"securitySchemes", {{"token", scheme}, {"session", cookie}}}}},
      {"paths", std::move(paths)}};
  return json::serialize(out);
}

}  // namespace admin
