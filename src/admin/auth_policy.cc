// See auth_policy.h.
#include "admin/auth_policy.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>

#include "admin/json.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"

namespace admin {
namespace {

constexpr int go_on = 0;
constexpr int refuse = -1;

http::Response verdict(std::int64_t status, std::string_view why) {
  const boost::json::object body = {{"status", status}, {"msg", std::string(why)}};
  return http::json_response(200, boost::json::serialize(body));
}

bool has_key(const http::Request& request, std::string_view key) {
  const std::string* shown = request.headers.find("X-API-Key");
  return !key.empty() && shown != nullptr && shown->size() == key.size() &&
         CRYPTO_memcmp(shown->data(), key.data(), key.size()) == 0;
}

bool flag(const boost::json::object& body, std::string_view name) {
  const boost::json::value* value = body.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

struct Attempt {
  io::IpAddress peer;
  std::string login;
};

// Dovecot promises a report only for exchanges that come to an end, so nothing stays reserved.
http::Response allow(policy::LoginGuard& guard, const Attempt& attempt, base::Time now) {
  const policy::Standing standing = guard.before_login(attempt.peer, attempt.login, now);
  if (standing.banned) return verdict(refuse, standing.why);
  guard.undecided(attempt.peer, attempt.login, now);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(standing.delay).count();
  return verdict(seconds, seconds > 0 ? "after failed log-ins" : "");
}

http::Response report(Parts& parts, const Attempt& attempt, const boost::json::object& body,
                      base::Time now) {
  policy::LoginGuard& guard = parts.state.guard();
  if (flag(body, "success")) {
    guard.succeeded(attempt.peer, attempt.login, now);
    parts.state.last_use().note(attempt.login, attempt.peer, now);
  } else if (!flag(body, "policy_reject")) {  // what we refused ourselves was no guess
    const std::string_view domain =
        std::string_view(attempt.login).substr(attempt.login.rfind('@') + 1);
    const bool ours = parts.clients.is_our_domain(domain.substr(0, domain.find('/')));
    guard.failed(attempt.peer, attempt.login, now, ours);
  }
  return verdict(go_on, "");
}

io::Task<http::Response> judge(Parts* parts, http::Request request) {
  if (!has_key(request, parts->auth_policy_key)) {
    co_return http::text_response(403, "X-API-Key is missing or wrong\n");
  }
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const auto login = text_of(*body, "login");
  const auto remote = text_of(*body, "remote");
  if (!login || !remote) co_return http::text_response(400, "login and remote are needed\n");
  const auto peer = io::IpAddress::parse(*remote);
  if (!peer) co_return verdict(go_on, "");  // a local connection
  const Attempt attempt{.peer = *peer, .login = base::lower(*login)};
  const base::Time now = parts->doors.clock.wall();
  const auto command = request.query.find("command");
  if (command != request.query.end() && command->second == "allow") {
    co_return allow(parts->state.guard(), attempt, now);
  }
  if (command != request.query.end() && command->second == "report") {
    co_return report(*parts, attempt, *body, now);
  }
  co_return http::text_response(400, "command is allow or report\n");
}

}  // namespace

std::string auth_policy_key(std::string_view login_secret) {
  constexpr std::string_view purpose = "dovecot auth policy";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t length = 0;
  const unsigned char* made =
      EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, login_secret.data(),
                login_secret.size(), reinterpret_cast<const unsigned char*>(purpose.data()),
                purpose.size(), digest.data(), digest.size(), &length);
  CHECK(made != nullptr, "OpenSSL has HMAC with SHA-256");
  return base::hex({reinterpret_cast<const char*>(digest.data()), length});
}

void add_auth_policy_route(http::Router& router, Parts& parts) {
  router.add("POST", auth_policy_path,
             [&parts](http::Request request) { return judge(&parts, std::move(request)); });
}

}  // namespace admin
