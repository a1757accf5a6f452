// See api.h. App passwords and grants: list, add, revoke, remove.
#include <fmt/format.h>

#include "admin/directory_work.h"
#include "admin/expiry.h"
#include "admin/json.h"
#include "admin/user_json.h"
#include "directory/credential.h"
#include "directory/names.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"

namespace admin {
namespace {

base::Result<bool> flag_of(const boost::json::object& body, std::string_view field) {
  const auto* value = body.if_contains({field.data(), field.size()});
  if (value == nullptr) return true;
  if (value->is_bool()) return value->get_bool();
  return base::fail(base::ErrorKind::invalid, fmt::format("\"{}\" must be true or false", field));
}

base::Result<directory::LoginFields> login_fields(const boost::json::object& body, base::Time now) {
  directory::LoginFields out;
  auto send = flag_of(body, "send");
  if (!send) return std::unexpected(send.error());
  auto read = flag_of(body, "read");
  if (!read) return std::unexpected(read.error());
  out.scopes = static_cast<std::uint8_t>((*send ? directory::scope_send : 0) |
                                         (*read ? directory::scope_read : 0));
  auto expires = text_if(body, "expires");
  if (!expires) return std::unexpected(expires.error());
  if (!*expires) return out;
  auto at = parse_expiry(**expires, now);
  if (!at) return std::unexpected(at.error());
  out.expires = *at;
  return out;
}

io::Task<http::Response> add_app_password(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto name = text_of(*body, "name");
  if (!name) co_return error_response(name.error());
  auto fields = login_fields(*body, parts->doors.clock.wall());
  if (!fields) co_return error_response(fields.error());
  const std::string password = directory::generate_password(parts->doors.random);
  auto verifier = directory::make_verifier(password, parts->doors.random);
  if (!verifier) co_return error_response(verifier.error());
  co_return co_await on_directory(
      parts,
      [address = *address, name = *name, fields = *fields, verifier = *verifier,
       password](directory::Store& store) -> base::Result<boost::json::object> {
        if (auto done = store.add_login(address, name, verifier, fields); !done) {
          return std::unexpected(done.error());
        }
        auto login = directory::login_name(address + "/" + name);
        if (!login) return std::unexpected(login.error());
        boost::json::object out{{"login", *login}, {"password", password}};
        if (fields.expires) out["expires"] = base::format_time(*fields.expires);
        return out;
      },
      Kind::changes);
}

io::Task<http::Response> list_app_passwords(Parts* parts, http::Request request) {
  const auto at = request.query.find("address");
  if (at == request.query.end()) {
    co_return error_response({base::ErrorKind::invalid, "say whose: ?address=you@example.org"});
  }
  const base::Time now = parts->doors.clock.wall();
  co_return co_await on_directory(
      parts,
      [parts, now,
       address = at->second](directory::Store& store) -> base::Result<boost::json::object> {
        auto logins = store.logins(address);
        if (!logins) return std::unexpected(logins.error());
        std::erase_if(*logins, [](const directory::LoginRow& row) {
          return directory::account_of(row.login) == row.login;
        });
        return boost::json::object{{"app_passwords", logins_json(*parts, *logins, now)}};
      },
      Kind::reads);
}

io::Task<http::Response> revoke_app_password(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto name = text_of(*body, "name");
  if (!name) co_return error_response(name.error());
  co_return co_await on_directory(
      parts,
      [login = *address + "/" + *name](directory::Store& store) {
        return done_or(store.remove_login(login));
      },
      Kind::changes);
}

using GrantChange = base::Result<> (directory::Store::*)(std::string_view, std::string_view);

io::Task<http::Response> change_grant(Parts* parts, http::Request request, GrantChange change) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto sender = text_of(*body, "sender");
  if (!sender) co_return error_response(sender.error());
  co_return co_await on_directory(
      parts,
      [address = *address, sender = *sender, change](directory::Store& store) {
        return done_or((store.*change)(address, sender));
      },
      Kind::changes);
}

io::Task<http::Response> list_grants(Parts* parts, http::Request request) {
  const auto at = request.query.find("address");
  co_return co_await on_directory(
      parts,
      [address = at == request.query.end() ? std::string() : at->second](
          directory::Store& store) -> base::Result<boost::json::object> {
        auto grants = store.grants(address);
        if (!grants) return std::unexpected(grants.error());
        return boost::json::object{{"grants", grants_json(*grants)}};
      },
      Kind::reads);
}

}  // namespace

void add_login_routes(http::Router& router, Parts& parts) {
  using Route = io::Task<http::Response> (*)(Parts*, http::Request);
  const auto add = [&router, &parts](std::string_view method, std::string_view path, Route route) {
    router.add(std::string(method), path, [&parts, route](http::Request request) {
      return route(&parts, std::move(request));
    });
  };
  add("GET", "/api/v1/app-passwords", list_app_passwords);
  add("POST", "/api/v1/app-passwords/add", add_app_password);
  add("POST", "/api/v1/app-passwords/revoke", revoke_app_password);
  add("GET", "/api/v1/grants", list_grants);
  const auto grant = [&router, &parts](std::string_view path, GrantChange call) {
    router.add("POST", path, [&parts, call](http::Request request) {
      return change_grant(&parts, std::move(request), call);
    });
  };
  grant("/api/v1/grants/add", &directory::Store::add_grant);
  grant("/api/v1/grants/remove", &directory::Store::remove_grant);
}

}  // namespace admin
