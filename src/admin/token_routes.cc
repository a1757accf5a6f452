// See api.h. Tokens of the HTTP API: list, add, revoke.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/expiry.h"
#include "admin/json.h"
#include "admin/tokens.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"

namespace admin {
namespace {

boost::json::object token_json(const Token& token, base::Time now) {
  boost::json::object out{{"name", token.name},
                          {"scope", to_string(token.scope)},
                          {"created", base::format_time(token.created)},
                          {"good", token.good(now)}};
  if (token.expires) out["expires"] = base::format_time(*token.expires);
  if (token.last_used) out["last_used"] = base::format_time(*token.last_used);
  if (!token.account.empty()) out["account"] = token.account;
  return out;
}

io::Task<http::Response> list(Parts* parts) {
  boost::json::array tokens;
  for (const Token& token : parts->tokens->all()) {
    tokens.push_back(token_json(token, parts->doors.clock.wall()));
  }
  const boost::json::object out{{"tokens", std::move(tokens)}};
  co_return http::json_response(200, boost::json::serialize(out));
}

base::Result<Tokens::Wish> wish_of(const boost::json::object& body, base::Time now) {
  auto name = text_of(body, "name");
  if (!name) return std::unexpected(name.error());
  auto scope_text = text_of(body, "scope");
  if (!scope_text) return std::unexpected(scope_text.error());
  const auto scope = parse_scope(*scope_text);
  if (!scope)
    return base::fail(base::ErrorKind::invalid, "a scope is read, operate, admin or send");
  auto expires = text_if(body, "expires");
  if (!expires) return std::unexpected(expires.error());
  auto account = text_if(body, "account");
  if (!account) return std::unexpected(account.error());
  Tokens::Wish wish{.name = std::move(*name), .scope = *scope};
  wish.account = account->value_or("");
  if (!*expires) return wish;
  auto end = parse_expiry(**expires, now);
  if (!end) return std::unexpected(end.error());
  wish.expires = *end;
  return wish;
}

// The log-in as the directory writes it; nobody's: no such token is made.
base::Result<> find_account(const Parts& parts, Tokens::Wish& wish) {
  if (wish.scope != Scope::send || wish.account.empty() || !parts.snapshot) return {};
  const auto known = parts.snapshot();
  const directory::Login* login = known->login(wish.account);
  if (login == nullptr || login->name != login->mailbox) {
    return base::fail(base::ErrorKind::not_found,
                      fmt::format("there is no mailbox {}; `stagepost user list` shows them",
                                  base::printable(wish.account, 200)));
  }
  wish.account = login->name;
  return {};
}

io::Task<http::Response> add(Parts* parts, http::Request request) {
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const base::Time now = parts->doors.clock.wall();
  auto wish = wish_of(*body, now);
  if (!wish) co_return error_response(wish.error());
  if (auto found = find_account(*parts, *wish); !found) co_return error_response(found.error());
  const auto secret = parts->tokens->add(*wish, now, parts->doors.random);
  if (!secret) co_return error_response(secret.error());
  boost::json::object out{
      {"name", wish->name}, {"scope", to_string(wish->scope)}, {"token", *secret}};
  if (wish->expires) out["expires"] = base::format_time(*wish->expires);
  if (!wish->account.empty()) out["account"] = wish->account;
  co_return http::json_response(200, boost::json::serialize(out));
}

io::Task<http::Response> revoke(Parts* parts, http::Request request) {
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const auto name = text_of(*body, "name");
  if (!name) co_return error_response(name.error());
  if (auto done = parts->tokens->revoke(*name); !done) co_return error_response(done.error());
  co_return http::json_response(200, R"({"done":true})");
}

}  // namespace

void add_token_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/tokens", [&parts](http::Request) { return list(&parts); });
  router.add("POST", "/api/v1/tokens/add",
             [&parts](http::Request request) { return add(&parts, std::move(request)); });
  router.add("POST", "/api/v1/tokens/revoke",
             [&parts](http::Request request) { return revoke(&parts, std::move(request)); });
}

}  // namespace admin
