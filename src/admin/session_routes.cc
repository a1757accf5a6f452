// See session_routes.h.
#include "admin/session_routes.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/json.h"
#include "admin/same_origin.h"
#include "directory/administrator.h"
#include "lib/base/base32.h"
#include "lib/base/text.h"
#include "lib/http/cookie.h"
#include "lib/io/clock.h"
#include "lib/io/digest.h"
#include "lib/io/totp.h"

namespace admin {
namespace {

constexpr std::string_view path = "/api/v1/session";
constexpr std::size_t password_bytes_max = 1'024;
constexpr auto busy_pause = std::chrono::seconds(5);

http::Response answer(int status, const boost::json::object& body) {
  return http::json_response(status, boost::json::serialize(body));
}

http::Response refused(int status, std::string_view why) {
  return answer(status, {{"error", why}});
}

http::Response later(int status, std::string_view why, base::Duration wait) {
  http::Response response = refused(status, why);
  const auto seconds =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
  response.headers.add("Retry-After", fmt::to_string(seconds));
  return response;
}

// With the prefix a browser takes it only from us, over TLS and for this host alone.
std::string_view cookie_name(bool tls) { return tls ? "__Host-stagepost" : "stagepost"; }

std::string_view value_of(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string_view() : *value;
}

bool changes(const http::Request& request) {
  return request.method != "GET" && request.method != "HEAD";
}

class Waiting {
 public:
  explicit Waiting(unsigned& count) : count_(count) { ++count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { --count_; }

 private:
  unsigned& count_;
};

// A form of another site cannot send JSON without asking first (the Fetch standard, CORS).
bool is_json(const http::Request& request) {
  const std::string_view type = value_of(request, "Content-Type");
  return base::iequals(base::trim(type.substr(0, type.find(';'))), "application/json");
}

// nullopt: this may be tried.
std::optional<http::Response> malformed(const http::Request& request) {
  if (comes_from_another_site(request)) {
    return refused(403, "a page of another site may not log in here");
  }
  if (!is_json(request)) return refused(415, "send JSON, as Content-Type: application/json");
  // Who it is that guesses would not be known, so nobody could be shut out.
  if (request.headers.find("X-Forwarded-For") != nullptr ||
      request.headers.find("Forwarded") != nullptr) {
    return refused(403, fmt::format("a proxy at {} handed this on; name it in `proxies` of [api]",
                                    request.peer.address.text()));
  }
  return std::nullopt;
}

}  // namespace

// One try, from the request to the answer.
struct SessionRoutes::Attempt {
  std::string code;
  CodeVerdict code_verdict = CodeVerdict::not_needed;
  base::Time closed_until = {};  // too_many: not before
};

SessionRoutes::SessionRoutes(Parts parts) : parts_(std::move(parts)), sessions_(parts_.limits) {
  using Route = io::Task<http::Response> (SessionRoutes::*)(http::Request);
  const auto add = [this](const char* method, std::string_view below, Route route) {
    router_.add(
        method, std::string(path) + std::string(below),
        [this, route](http::Request request) { return (this->*route)(std::move(request)); });
  };
  add("POST", "", &SessionRoutes::log_in);
  add("GET", "", &SessionRoutes::show);
  add("DELETE", "", &SessionRoutes::log_out);
  add("POST", "/second-factor/begin", &SessionRoutes::begin_factor);
  add("POST", "/second-factor/confirm", &SessionRoutes::confirm_factor);
  add("POST", "/second-factor/remove", &SessionRoutes::remove_factor);
}

bool SessionRoutes::is_path(std::string_view asked) {
  return asked.starts_with(path) && (asked.size() == path.size() || asked[path.size()] == '/');
}

bool SessionRoutes::has_cookie(const http::Request& request) {
  return http::cookie_of(request.headers, cookie_name(request.tls)).has_value();
}

io::Task<http::Response> SessionRoutes::handle(http::Request request) {
  if (request.body.size() > body_bytes_max) co_return refused(413, "that is too much");
  co_return co_await router_.handle(std::move(request));
}

void SessionRoutes::tell(base::Severity severity, std::string_view name,
                         std::vector<std::pair<std::string_view, std::string>> fields) {
  parts_.events.emit({.severity = severity,
                      .name = name,
                      .time = parts_.doors.clock.wall(),
                      .session = {},
                      .message = {},
                      .fields = std::move(fields)});
}

// --- who is it? ----------------------------------------------------------------------------------

// A session lasts while its account has the mark and the password that it began with.
WebSession* SessionRoutes::session_of(const http::Request& request) {
  const auto id = http::cookie_of(request.headers, cookie_name(request.tls));
  if (!id) return nullptr;
  const base::Instant now = parts_.doors.clock.now();
  WebSession* session = sessions_.find(*id, now);
  if (session == nullptr) return nullptr;
  const auto known = parts_.directory.snapshot();
  const directory::Login* login = known->login(session->login);
  std::string_view why;
  if (login == nullptr || login->mailbox != session->account) {
    why = "the account is gone";
  } else if (login->verifier != session->credential) {
    why = "the password was changed";
  } else if (!directory::may_administer(*login)) {
    why = "the account is no administrator any more";
  }
  if (!why.empty()) {
    tell(base::Severity::info, "web.ended",
         {{"account", session->account}, {"why", std::string(why)}});
    sessions_.close(*id);
    return nullptr;
  }
  if (value_of(request, "X-Background") != "1") session->used = now;
  return session;
}

std::variant<WebSession*, http::Response> SessionRoutes::admitted(const http::Request& request) {
  WebSession* const session = session_of(request);
  if (session == nullptr) return refused(401, "you are not logged in, or not any more");
  if (!changes(request)) return session;
  if (!proves_same_origin(request)) return refused(403, "this must come from a page of ours");
  if (!io::equal_in_constant_time(value_of(request, "X-CSRF-Token"), session->csrf)) {
    return refused(403, "X-CSRF-Token is missing or not that of this session");
  }
  return session;
}

std::variant<std::string, http::Response> SessionRoutes::admit(const http::Request& request) {
  auto found = admitted(request);
  if (auto* const refusal = std::get_if<http::Response>(&found)) return std::move(*refusal);
  return std::get<WebSession*>(found)->account;
}

std::string SessionRoutes::description(const WebSession& session) const {
  const io::Clock& clock = parts_.doors.clock;
  const base::Instant now = clock.now();
  const SecondFactor* factor = parts_.factors.of(session.account);
  const auto idle = std::chrono::duration_cast<std::chrono::seconds>(parts_.limits.idle).count();
  const boost::json::object out{
      {"address", session.account},
      {"administrator", true},
      {"csrf", session.csrf},
      {"expires", base::format_time(clock.wall() + (sessions_.ends(session) - now))},
      {"idle_seconds", idle},
      {"second_factor", factor != nullptr},
      {"recovery_codes_left", factor == nullptr ? 0 : factor->recovery.size()}};
  return boost::json::serialize(out);
}

io::Task<http::Response> SessionRoutes::show(http::Request request) {
  auto found = admitted(request);
  if (auto* const refusal = std::get_if<http::Response>(&found)) co_return std::move(*refusal);
  co_return http::json_response(200, description(*std::get<WebSession*>(found)));
}

io::Task<http::Response> SessionRoutes::log_out(http::Request request) {
  http::Response response = answer(200, {{"done", true}});
  response.headers.add("Set-Cookie", http::end_cookie(cookie_name(request.tls), request.tls));
  if (session_of(request) == nullptr) co_return response;
  auto found = admitted(request);
  if (auto* const refusal = std::get_if<http::Response>(&found)) co_return std::move(*refusal);
  tell(base::Severity::info, "web.logout", {{"account", std::get<WebSession*>(found)->account}});
  sessions_.close(*http::cookie_of(request.headers, cookie_name(request.tls)));
  co_return response;
}

// --- log-in --------------------------------------------------------------------------------------

policy::Further SessionRoutes::judge(const directory::Login& login, Attempt& attempt) {
  using Kind = policy::Further::Kind;
  if (!directory::may_administer(login)) {
    return {.kind = Kind::withheld, .why = "it is not the own log-in of an administrator"};
  }
  attempt.code_verdict =
      parts_.factors.check(login.mailbox, attempt.code, parts_.doors.clock.wall());
  attempt.closed_until = parts_.factors.closed_until(login.mailbox);
  switch (attempt.code_verdict) {
    case CodeVerdict::not_needed:
    case CodeVerdict::right: return {};
    case CodeVerdict::missing: return {.kind = Kind::withheld, .why = "the code is missing"};
    case CodeVerdict::too_many:
      return {.kind = Kind::withheld, .why = "too many wrong codes lately"};
    case CodeVerdict::not_kept:
      return {.kind = Kind::withheld, .why = "that the recovery code is used cannot be written"};
    case CodeVerdict::wrong: break;
  }
  return {.kind = Kind::wrong, .why = "wrong code, or one that was used already"};
}

void SessionRoutes::tell_login(const policy::LoginVerdict& verdict, const io::IpAddress& peer) {
  if (!verdict.worth_event) return;
  std::string_view name = verdict.accepted ? "web.login" : "web.login_failed";
  if (verdict.banned) name = "web.banned";
  std::vector<std::pair<std::string_view, std::string>> fields{
      {"login", base::printable(verdict.login, 200)}, {"peer", peer.text()}};
  if (verdict.accepted) fields.emplace_back("account", verdict.account);
  if (!verdict.accepted) fields.emplace_back("why", verdict.why);
  tell(verdict.accepted ? base::Severity::info : base::Severity::warning, name, std::move(fields));
}

http::Response SessionRoutes::refusal(const policy::LoginVerdict& verdict, const Attempt& attempt) {
  const base::Time now = parts_.doors.clock.wall();
  if (verdict.banned) return later(429, verdict.why, verdict.until - now);
  if (!verdict.reply.permanent()) {
    return later(503, "the log-in could not be checked now; try again later", busy_pause);
  }
  switch (attempt.code_verdict) {
    case CodeVerdict::missing:
      return answer(
          401, {{"error", "the code of your authenticator app is needed"}, {"need_code", true}});
    case CodeVerdict::too_many:
      return later(429, "too many wrong codes; wait, or use a recovery code",
                   attempt.closed_until - now);
    case CodeVerdict::not_kept:
      return later(503, "the disk does not take it that this recovery code is used", busy_pause);
    default: return refused(401, "the address, the password or the code is wrong");
  }
}

http::Response SessionRoutes::welcome(const policy::LoginVerdict& verdict,
                                      const http::Request& request) {
  // Whoever logs in again has no use for the session that the browser had.
  if (const auto old = http::cookie_of(request.headers, cookie_name(request.tls))) {
    sessions_.close(*old);
  }
  const auto opened = sessions_.open(
      {.login = verdict.login, .account = verdict.account, .credential = verdict.credential},
      parts_.doors.clock.now(), parts_.doors.random);
  http::Response response = http::json_response(200, description(*opened.session));
  response.headers.add("Set-Cookie",
                       http::set_cookie(cookie_name(request.tls), opened.id, request.tls));
  return response;
}

io::Task<http::Response> SessionRoutes::log_in(http::Request request) {
  if (auto refusal = malformed(request)) co_return std::move(*refusal);
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  const auto password = text_of(*body, "password");
  if (!password) co_return error_response(password.error());
  const auto code = text_if(*body, "code");
  if (!code) co_return error_response(code.error());
  if (password->size() > password_bytes_max) co_return refused(400, "no password is that long");
  if (waiting_ >= waiting_max) co_return later(503, "too many log-ins at once", busy_pause);
  const Waiting waiting(waiting_);
  Attempt attempt{.code = code->value_or("")};
  const io::IpAddress peer = request.peer.address;
  const policy::LoginVerdict verdict = co_await parts_.log_in(
      {.address = *address, .password = *password, .peer = peer},
      [this, &attempt](const directory::Login& login) { return judge(login, attempt); });
  tell_login(verdict, peer);
  co_return verdict.accepted ? welcome(verdict, request) : refusal(verdict, attempt);
}

// --- the second factor ---------------------------------------------------------------------------

io::Task<http::Response> SessionRoutes::begin_factor(http::Request request) {
  auto found = admitted(request);
  if (auto* const refusal = std::get_if<http::Response>(&found)) co_return std::move(*refusal);
  WebSession& session = *std::get<WebSession*>(found);
  if (parts_.factors.of(session.account) != nullptr) {
    co_return refused(409, "you have a second factor already; remove it first");
  }
  session.pending_secret.assign(io::totp_secret_bytes, '\0');
  parts_.doors.random.fill(session.pending_secret);
  co_return answer(
      200,
      {{"secret", base::base32(session.pending_secret)},
       {"uri", io::totp_uri(session.pending_secret, parts_.hostname, session.account)},
       {"digits", io::totp_digits},
       {"period", std::chrono::duration_cast<std::chrono::seconds>(io::totp_step_time).count()}});
}

// The app has to show one code before it is asked for for ever.
io::Task<http::Response> SessionRoutes::confirm_factor(http::Request request) {
  auto found = admitted(request);
  if (auto* const refusal = std::get_if<http::Response>(&found)) co_return std::move(*refusal);
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const auto code = text_of(*body, "code");
  if (!code) co_return error_response(code.error());
  WebSession& session = *std::get<WebSession*>(found);
  if (session.pending_secret.empty()) co_return refused(400, "begin first");
  const base::Time now = parts_.doors.clock.wall();
  std::string typed = *code;
  std::erase(typed, ' ');
  const auto step = io::totp_match(session.pending_secret, typed, now, 0);
  if (!step) {
    co_return refused(400, "that is not the app's code now; if it is, one of the clocks is wrong");
  }
  auto codes = parts_.factors.enrol(
      {.account = session.account, .secret = session.pending_secret, .step = *step}, now,
      parts_.doors.random);
  if (!codes) co_return error_response(codes.error());
  session.pending_secret.clear();
  tell(base::Severity::info, "web.second_factor",
       {{"account", session.account}, {"is", "enrolled"}});
  sessions_.close_others(session.account,
                         *http::cookie_of(request.headers, cookie_name(request.tls)));
  boost::json::array out;
  for (const std::string& one : *codes) out.emplace_back(one);
  co_return answer(200, {{"recovery_codes", std::move(out)}});
}

// A browser that was left open is not enough to take it away.
io::Task<http::Response> SessionRoutes::remove_factor(http::Request request) {
  auto found = admitted(request);
  if (auto* const refusal = std::get_if<http::Response>(&found)) co_return std::move(*refusal);
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const auto password = text_of(*body, "password");
  if (!password) co_return error_response(password.error());
  const auto code = text_of(*body, "code");
  if (!code) co_return error_response(code.error());
  const std::string login = std::get<WebSession*>(found)->login;
  const std::string account = std::get<WebSession*>(found)->account;
  if (parts_.factors.of(account) == nullptr) co_return refused(404, "you have no second factor");
  if (waiting_ >= waiting_max) co_return later(503, "too many log-ins at once", busy_pause);
  const Waiting waiting(waiting_);
  Attempt attempt{.code = *code};
  const io::IpAddress peer = request.peer.address;
  const policy::LoginVerdict verdict = co_await parts_.log_in(
      {.address = login, .password = *password, .peer = peer},
      [this, &attempt](const directory::Login& login) { return judge(login, attempt); });
  if (!verdict.accepted) {
    tell_login(verdict, peer);
    co_return refusal(verdict, attempt);
  }
  if (auto done = parts_.factors.remove(account); !done) co_return error_response(done.error());
  tell(base::Severity::warning, "web.second_factor", {{"account", account}, {"is", "removed"}});
  sessions_.close_others(account, *http::cookie_of(request.headers, cookie_name(request.tls)));
  co_return answer(200, {{"done", true}});
}

}  // namespace admin
