// See api.h.
#include "admin/api.h"

#include <boost/json.hpp>

#include "admin/auth_policy.h"
#include "admin/body_check.h"
#include "admin/catalogue.h"
#include "lib/base/check.h"

namespace admin {
namespace {

int status_of(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::not_found: return 404;
    case base::ErrorKind::exists:
    case base::ErrorKind::busy: return 409;
    case base::ErrorKind::invalid:
    case base::ErrorKind::limit:
    case base::ErrorKind::unsupported: return 400;
    default: return 503;
  }
}

// A message has its own reader, which looks at its fields (sending/letter.h).
std::optional<http::Response> check_body(const http::Request& request, std::string_view pattern) {
  const RouteText* route = find_route(request.method, pattern);
  const bool fields = route != nullptr && request.method == "POST" && route->body.empty();
  if (!fields || route->large_body || request.body.empty()) return std::nullopt;
  std::string wrong = wrong_in_body(*route, request.body);
  if (wrong.empty()) return std::nullopt;
  return error_response({.kind = base::ErrorKind::invalid, .detail = std::move(wrong)});
}

io::Task<http::Response> health(Parts* parts) {
  const std::string trouble = co_await parts->queues.trouble();
  // Mail goes on without LDAP, so its absence is told without raising an alarm.
  std::string note = parts->directory_note ? parts->directory_note() : std::string();
  if (!note.empty()) note += "\n";
  if (parts->signing.keys != nullptr) {
    const std::string& keys = parts->signing.keys->ring()->trouble();
    if (!keys.empty()) note += keys + "\n";
  }
  if (trouble.empty()) co_return http::text_response(200, "ok\n" + note);
  co_return http::text_response(503, trouble + "\n" + note);
}

io::Task<http::Response> metrics(Parts* parts) {
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = parts->metrics.prometheus();
  co_return response;
}

}  // namespace

http::Response error_response(const base::Error& error) {
  const boost::json::object body = {{"error", error.detail.empty() ? error.text() : error.detail}};
  return http::json_response(status_of(error.kind), boost::json::serialize(body));
}

http::Response forbidden(std::string why) {
  const boost::json::object body = {{"error", std::move(why)}};
  return http::json_response(403, boost::json::serialize(body));
}

void add_health_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/health", [&parts](http::Request) { return health(&parts); });
  router.add("GET", "/metrics", [&parts](http::Request) { return metrics(&parts); });
}

Api::Api(Parts parts) : parts_(std::move(parts)) {
  add_health_routes(router_, parts_);
  add_directory_routes(router_, parts_);
  add_user_routes(router_, parts_);
  add_login_routes(router_, parts_);
  add_person_routes(router_, parts_);
  add_queue_routes(router_, parts_);
  add_guard_routes(router_, parts_);
  add_list_routes(router_, parts_);
  add_message_routes(router_, parts_);
  add_send_route(router_, parts_);
  add_status_route(router_, parts_);
  add_reload_route(router_, parts_);
  if (parts_.journal_hold != nullptr) add_backup_routes(router_, parts_);
  if (parts_.webhooks != nullptr) add_webhook_routes(router_, parts_);
  if (parts_.examiner != nullptr) add_doctor_routes(router_, parts_);
  if (parts_.reports != nullptr) add_report_routes(router_, parts_);
  if (parts_.signing.keys != nullptr) add_dkim_routes(router_, parts_);
  if (parts_.certificates != nullptr) add_certificate_routes(router_, parts_);
  if (parts_.publisher != nullptr) add_dns_routes(router_, parts_);
  if (parts_.tokens != nullptr) add_token_routes(router_, parts_);
  if (parts_.views.flow != nullptr) add_view_routes(router_, parts_);
  router_.set_check(check_body);
  for (const std::string& route : router_.routes()) {
    CHECK(is_described(route), "every route is in the catalogue");
  }
}

io::Task<http::Response> Api::handle(http::Request request) {
  return router_.handle(std::move(request));
}

PublicApi::PublicApi(Parts parts) : parts_(std::move(parts)) {
  add_health_routes(router_, parts_);
  add_client_routes(router_, parts_.clients);
  add_auth_policy_route(router_, parts_);
}

io::Task<http::Response> PublicApi::handle(http::Request request) {
  return router_.handle(std::move(request));
}

}  // namespace admin
