// See api_gate.h.
#include "admin/api_gate.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>

#include "admin/caller.h"
#include "admin/catalogue.h"
#include "admin/same_origin.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"

namespace admin {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view description_path = "/api/openapi.json";
constexpr std::string_view api_paths = "/api/";
constexpr std::string_view json_type = "application/json";
constexpr std::string_view scheme = "Bearer ";  // RFC 6750 §2.1

http::Response refusal(int status, std::string why) {
  const boost::json::object body{{"error", std::move(why)}};
  return http::json_response(status, boost::json::serialize(body));
}

http::Response unauthorized(std::string why) {
  http::Response response = refusal(401, std::move(why));
  response.headers.add("WWW-Authenticate", "Bearer realm=\"stagepost\"");  // RFC 6750 §3
  return response;
}

http::Response too_many(std::string why) {
  http::Response response = refusal(429, std::move(why));
  response.headers.add("Retry-After", "60");
  return response;
}

std::string value_of(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string() : *value;
}

std::string secret_of(const http::Request& request) {
  const std::string value = value_of(request, "Authorization");
  if (value.size() <= scheme.size()) return {};
  if (!base::iequals(std::string_view(value).substr(0, scheme.size()), scheme)) return {};
  return std::string(base::trim(std::string_view(value).substr(scheme.size())));
}

}  // namespace

void MinuteCounts::begin_minute(base::Instant now) {
  if (now - minute_ < 1min && counts_.size() < counted_max) return;
  minute_ = now;
  counts_.clear();
}

bool MinuteCounts::reached(const std::string& key, std::uint32_t max, base::Instant now) {
  begin_minute(now);
  const auto found = counts_.find(key);
  return found != counts_.end() && found->second >= max;
}

bool MinuteCounts::take(const std::string& key, std::uint32_t max, base::Instant now) {
  if (reached(key, max, now)) return false;
  ++counts_[key];
  return true;
}

http::Response ApiGate::describe(const http::Request& request) const {
  std::string host = value_of(request, "Host");
  if (host.empty()) host = parts_.hostname;
  return http::json_response(
      200, openapi(fmt::format("{}://{}", request.tls ? "https" : "http", host), parts_.version));
}

void ApiGate::tell(base::Event event) {
  event.time = parts_.doors.clock.wall();
  parts_.events.emit(event);
}

http::Response ApiGate::refuse_stranger(const http::Request& request, bool has_token) {
  const std::string address = request.peer.address.text();
  const std::uint32_t max = parts_.settings.failures_per_minute_max;
  const base::Instant now = parts_.doors.clock.now();
  if (!failures_.take(address, max, now)) {
    return too_many("too many requests without a good token from your address");
  }
  if (failures_.reached(address, max, now)) {
    tell({.severity = base::Severity::warning,
          .name = "api.closed",
          .time = {},
          .session = {},
          .message = {},
          .fields = {{"peer", address}, {"for", "1m"}}});
  }
  return unauthorized(has_token ? "this token is not good: revoked, past its end, or never made"
                                : "send a token: \"Authorization: Bearer stagepost_…\"; "
                                  "`stagepost token add NAME` makes one");
}

ApiGate::Admission ApiGate::count(Asker asker) {
  const std::uint32_t max = parts_.settings.requests_per_minute_max;
  // A token may have the name of an account.
  const std::string key = fmt::format("{} {}", asker.kind, asker.name);
  if (requests_.take(key, max, parts_.doors.clock.now())) return asker;
  return too_many(fmt::format("more than {} requests a minute by the {}", max, key));
}

// Good tokens go on whatever else comes from their address: nobody guesses 256 bits, but a program
// with a revoked token would shut out all others of its host.
ApiGate::Admission ApiGate::admit_token(const http::Request& request) {
  const std::string secret = secret_of(request);
  auto token = parts_.tokens.find(secret, parts_.doors.clock.wall());
  if (!token) return refuse_stranger(request, !secret.empty());
  return count({.kind = "token",
                .name = std::move(token->name),
                .scope = token->scope,
                .account = std::move(token->account),
                .key = std::move(token->hash)});
}

// A session that has ended is no guess: its id is of 256 random bits.
ApiGate::Admission ApiGate::admit_session(const http::Request& request) {
  auto admitted = parts_.sessions->admit(request);
  if (auto* const refused = std::get_if<http::Response>(&admitted)) return std::move(*refused);
  std::string name = std::move(std::get<std::string>(admitted));
  std::string key = "account " + name;
  return count({.kind = "account",
                .name = std::move(name),
                .scope = Scope::admin,
                .account = {},
                .key = std::move(key)});
}

ApiGate::Admission ApiGate::admit(const http::Request& request) {
  const bool by_session = parts_.sessions != nullptr &&
                          request.headers.find("Authorization") == nullptr &&
                          SessionRoutes::has_cookie(request);
  return by_session ? admit_session(request) : admit_token(request);
}

std::optional<http::Response> ApiGate::forbidden(const http::Request& request,
                                                 const Asker& asker) const {
  const auto pattern = parts_.api.pattern_of(request);
  if (!pattern) return std::nullopt;  // 404 or 405 is for the router to say
  const Scope needed = scope_needed(request.method, *pattern);
  if (allows(asker.scope, needed)) return std::nullopt;
  if (asker.scope == Scope::send && is_for_senders(request.method, *pattern)) return std::nullopt;
  return refusal(403, fmt::format("this needs a token of the scope {}; {} has {}",
                                  to_string(needed), asker.name, to_string(asker.scope)));
}

std::uint64_t ApiGate::body_bytes_max(const http::Request& head) {
  const auto pattern = parts_.api.pattern_of(head);
  const RouteText* route = pattern ? find_route(head.method, *pattern) : nullptr;
  if (route == nullptr || !route->large_body) return parts_.body_bytes_max;
  const bool good = parts_.tokens.is_good(secret_of(head), parts_.doors.clock.wall());
  return good ? parts_.settings.send_bytes_max : parts_.body_bytes_max;
}

io::Task<http::Response> ApiGate::handle(http::Request request) {
  const bool of_api = request.path.starts_with(api_paths);
  http::Response response = co_await answer(std::move(request));
  // A path or method that there is not: the router says so as text.
  if (of_api && response.status >= 400 && response.content_type != json_type) {
    response.body = boost::json::serialize(
        boost::json::object{{"error", std::string(base::trim(response.body))}});
    response.content_type = json_type;
  }
  // Nothing here is a page, and a browser keeps none of it.
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  co_return response;
}

io::Task<http::Response> ApiGate::answer(http::Request request) {
  if (comes_from_another_site(request)) {
    co_return refusal(403, "a page of another site may not ask here");
  }
  const bool looks = request.method == "GET" || request.method == "HEAD";
  if (looks && request.path == description_path) co_return describe(request);
  if (parts_.sessions != nullptr && SessionRoutes::is_path(request.path)) {
    co_return co_await parts_.sessions->handle(std::move(request));
  }
  auto admitted = admit(request);
  if (auto* const refused = std::get_if<http::Response>(&admitted)) {
    co_return std::move(*refused);
  }
  const Asker& asker = std::get<Asker>(admitted);
  if (auto refused = forbidden(request, asker)) co_return std::move(*refused);
  set_caller(request, {.name = asker.name, .account = asker.account, .key = asker.key});
  std::string what = request.method + " " + request.path;
  std::string peer = request.peer.address.text();
  http::Response response = co_await parts_.api.handle(std::move(request));
  if (!looks) {
    tell({.severity = base::Severity::info,
          .name = "api.changed",
          .time = {},
          .session = {},
          .message = {},
          .fields = {{asker.kind, asker.name},
                     {"request", std::move(what)},
                     {"status", fmt::to_string(response.status)},
                     {"peer", std::move(peer)}}});
  }
  co_return response;
}

}  // namespace admin
