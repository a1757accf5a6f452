// admin/catalogue.h: what the HTTP API offers: each route, who may use it, what it takes.
//
// What:    the table by which requests are authorized and /api/openapi.json is written; a test
//          compares it with the routes that there are.
// In/Out:  method and pattern → RouteText; openapi() → the whole as OpenAPI 3.1.
// Errors:  none: a route that is not in the table needs the scope admin.
// Limits:  none.
// Not here: the routes themselves (…_routes.cc), tokens (tokens.h).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/tokens.h"

namespace admin {

// any: docs/api.md says what.
enum class FieldKind : std::uint8_t { text, number, flag, texts, any };

// Of a query or of a JSON object.
struct FieldText {
  std::string_view name;
  FieldKind kind = FieldKind::text;
  bool required = false;
  std::string_view text;
};

struct RouteText {
  std::string_view method;
  std::string_view pattern;  // "/api/v1/queue/{verb}"
  Scope scope = Scope::admin;
  std::string_view text;
  std::vector<FieldText> fields = {};  // of the query for GET and DELETE, of the body for POST
  std::string_view body = {};          // media type of a body that is no JSON object
  bool for_senders = false;            // also for a token of scope send, about its own mail
  bool large_body = false;             // up to api.send_bytes_max, which others may not be
  bool of_session = false;             // for a browser that logs in, whatever token it has
};

[[nodiscard]] std::span<const RouteText> catalogue();
// A part of it, in a file of its own.
[[nodiscard]] std::vector<RouteText> view_routes();
// "GET /api/v1/queue/{verb}", as http::Router lists it.
[[nodiscard]] bool is_described(std::string_view route);
// nullptr: it is not described.
[[nodiscard]] const RouteText* find_route(std::string_view method, std::string_view pattern);
[[nodiscard]] bool is_for_senders(std::string_view method, std::string_view pattern);
// What a token needs for this route.
[[nodiscard]] Scope scope_needed(std::string_view method, std::string_view pattern);
// `base_url`: of this server, as in https://mail.example.org.
[[nodiscard]] std::string openapi(std::string_view base_url, std::string_view version);

}  // namespace admin
